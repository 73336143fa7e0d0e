// SPDX-License-Identifier: MIT
// The pictures of one frame: five views, and a loupe with the pixels of both.
"use strict";

xharness.frame = (() => {
  const { make, png } = xharness;
  const VIEWS = ["Side by side", "Swipe", "Blend", "Toggle", "Difference"];
  const LOUPE = 8, AROUND = 7, ACROSS = 2 * AROUND + 1;
  let counter = 0;

  function painted(picture, depth, label) {
    const canvas = make("canvas", { role: "img", "aria-label": label, width: picture.width, height: picture.height });
    canvas.getContext("2d").putImageData(png.pixels(picture, depth), 0, 0);
    return canvas;
  }

  /** Whether two pictures differ at a place; outside of one of them they do. */
  function differs(one, other, x, y) {
    if (x >= one.width || y >= one.height || x >= other.width || y >= other.height) return true;
    for (let channel = 0; channel < one.channels; channel++) {
      if (one.value(x, y, channel) !== other.value(x, y, channel)) return true;
    }
    return one.channels !== other.channels;
  }

  class Viewer {
    constructor(frame, pictures, label) {
      this.frame = frame;
      this.pictures = pictures;
      this.depth = frame.depth ?? 24;
      const { expected, actual } = pictures;
      this.width = Math.max(expected?.width ?? 0, actual?.width ?? 0);
      this.height = Math.max(expected?.height ?? 0, actual?.height ?? 0);
      this.at = { x: 0, y: 0 };
      this.front = "actual";
      this.views = VIEWS.filter((view) => view === "Difference" ? pictures.difference : view === "Side by side" || (expected && actual));
      this.id = `frame-${counter++}`;
      this.stage = make("div", { class: "stage" });
      this.root = make("div", { class: "viewer", tabindex: "0", role: "group", "aria-label": label },
        this.bar(), this.stage, this.loupe());
      this.root.addEventListener("keydown", (event) => this.key(event));
      this.show(this.views[0]);
      if (expected && actual) this.next(-1);
      else this.look(this.width >> 1, this.height >> 1);
    }

    bar() {
      this.tabs = this.views.map((view, at) => make("button",
        { type: "button", "aria-pressed": "false", onclick: () => this.show(view), title: `Key ${at + 1}` }, view));
      this.zooms = make("select", { onchange: () => this.scale() },
        make("option", { value: "" }, "fit"), [1, 2, 4, 8].map((n) => make("option", { value: n }, `${n}×`)));
      return make("div", { class: "views" },
        make("div", { class: "tabs", role: "group", "aria-label": "Views", hidden: this.tabs.length < 2 }, this.tabs),
        make("label", {}, "Size ", this.zooms));
    }

    layer(kind) {
      const word = { expected: "Expected", actual: "Actual", difference: "Difference" }[kind];
      const depth = kind === "difference" ? 24 : this.depth;
      return painted(this.pictures[kind], depth, `${word} picture of ${this.frame.name}`);
    }

    show(view) {
      this.view = view;
      const kind = view === "Side by side" ? "beside" : view.toLowerCase();
      this.tabs.forEach((tab, at) => tab.setAttribute("aria-pressed", this.views[at] === view));
      this.stage.className = `stage ${kind}`;
      this.stage.replaceChildren(...this[kind]());
      for (const canvas of this.stage.querySelectorAll("canvas")) {
        canvas.addEventListener("pointermove", (event) => this.point(canvas, event));
        canvas.addEventListener("pointerdown", (event) => this.point(canvas, event));
      }
      this.scale();
    }

    beside() {
      return ["expected", "actual"].filter((kind) => this.pictures[kind]).map((kind) =>
        make("figure", {}, make("figcaption", {}, kind), this.layer(kind)));
    }

    difference() {
      return [make("figure", {}, make("figcaption", {},
        this.frame.tolerated ? "differing pixels red, tolerated ones yellow" : "differing pixels red"),
      this.layer("difference"))];
    }

      /** Two layers, the upper one governed by a slider. */
    stacked(label, set) {
      const upper = this.layer("actual");
      const pile = make("div", { class: "pile" }, this.layer("expected"), upper);
      const slider = make("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": label });
      const move = () => set(upper, Number(slider.value), pile);
      slider.addEventListener("input", move);
      move();
      return [make("figure", { class: "stacked" },
        make("figcaption", {}, make("span", {}, "expected"), slider, make("span", {}, "actual")), pile)];
    }

    swipe() {
      return this.stacked("Edge between the expected and the actual picture", (upper, value, pile) => {
        upper.style.clipPath = `inset(0 0 0 ${value}%)`;
        pile.style.setProperty("--edge", `${value}%`);
      });
    }

    blend() {
      return this.stacked("Weight of the actual picture", (upper, value) => {
        upper.style.opacity = value / 100;
      });
    }

  toggle() {
      const button = make("button", { type: "button", class: "quiet", onclick: () => this.flip() }, "Turn");
      return [make("figure", {},
        make("figcaption", {}, make("span", { "aria-live": "polite" }, this.front), button), this.layer(this.front))];
    }

    flip() {
      this.front = this.front === "actual" ? "expected" : "actual";
      this.show("Toggle");
    }

    scale() {
      const chosen = Number(this.zooms.value);
      const beside = this.view === "Side by side" && this.pictures.expected && this.pictures.actual;
      const room = (this.stage.clientWidth || 600) / (beside && this.stage.clientWidth > 600 ? 2 : 1) - 24;
      const fit = Math.min(room / this.width, 336 / this.height, 8);
      const factor = chosen || (fit >= 1 ? Math.floor(fit) : fit);
      for (const canvas of this.stage.querySelectorAll("canvas")) canvas.style.width = `${canvas.width * factor}px`;
    }

    loupe() {
      this.glasses = ["expected", "actual"].filter((kind) => this.pictures[kind]).map((kind) => ({
        kind,
        canvas: make("canvas", { width: ACROSS * LOUPE, height: ACROSS * LOUPE, role: "img", "aria-label": `${kind}, eight times as large` }),
        values: make("td"),
      }));
      this.place = make("p", { class: "place", role: "status" });
      this.changed = make("td");
      const compared = this.glasses.length > 1;
      return make("div", { class: "loupe" },
        this.glasses.map(({ kind, canvas }) => make("figure", {}, canvas, make("figcaption", {}, kind))),
        make("div", { class: "values" }, this.place,
          make("table", {}, make("tbody", {},
            this.glasses.map(({ kind, values }) => make("tr", {}, make("th", { scope: "row" }, kind), values)),
            compared && make("tr", {}, make("th", { scope: "row" }, "change"), this.changed))),
          compared && make("button", { type: "button", class: "quiet", onclick: () => this.next() }, "Next difference")));
    }

    point(canvas, event) {
      const box = canvas.getBoundingClientRect();
      this.look(Math.floor(((event.clientX - box.left) / box.width) * canvas.width),
        Math.floor(((event.clientY - box.top) / box.height) * canvas.height));
    }

    /** Put the loupe on a pixel. */
    look(x, y) {
      x = Math.max(0, Math.min(this.width - 1, x));
      y = Math.max(0, Math.min(this.height - 1, y));
      this.at = { x, y };
      this.place.textContent = `x ${x}, y ${y}`;
      const seen = {};
      for (const { kind, canvas, values } of this.glasses) {
        const picture = this.pictures[kind];
        this.magnify(canvas, picture, x, y);
        seen[kind] = png.channels(picture, this.depth, x, y);
        values.replaceChildren(...this.words(seen[kind], picture, x, y));
      }
      if (this.glasses.length < 2) return;
      const changes = seen.actual.map(([name, value], at) => [name, value - (seen.expected[at]?.[1] ?? NaN)])
        .filter(([, change]) => change);
      this.changed.textContent = !seen.expected.length || !seen.actual.length ? "outside of one picture"
        : changes.map(([name, change]) => `${name} ${change > 0 ? "+" : ""}${change}`).join(", ") || "none";
    }

    words(channels, picture, x, y) {
      if (!channels.length) return ["outside"];
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      const shown = png.pixels({ width: 1, height: 1, channels: picture.channels, bits: picture.bits,
        value: (_x, _y, channel) => picture.value(x, y, channel) }, this.depth).data;
      swatch.style.background = `rgb(${shown[0]} ${shown[1]} ${shown[2]})`;
      return [swatch, channels.map(([name, value]) => `${name} ${value}`).join(", ")];
    }

    magnify(canvas, picture, x, y) {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      const size = { width: ACROSS, height: ACROSS, channels: picture.channels, bits: picture.bits };
      const inside = (px, py) => px >= 0 && py >= 0 && px < picture.width && py < picture.height;
      const [left, top] = [x - AROUND, y - AROUND];
      const part = png.pixels({ ...size, value: (px, py, channel) =>
        inside(left + px, top + py) ? picture.value(left + px, top + py, channel) : 0 }, this.depth);
      for (let py = 0; py < ACROSS; py++) {
        for (let px = 0; px < ACROSS; px++) {
          if (!inside(left + px, top + py)) continue;
          const at = 4 * (py * ACROSS + px);
          context.fillStyle = `rgb(${part.data[at]} ${part.data[at + 1]} ${part.data[at + 2]} / ${part.data[at + 3] / 255})`;
          context.fillRect(px * LOUPE, py * LOUPE, LOUPE, LOUPE);
        }
      }
      const corner = AROUND * LOUPE;
      context.strokeStyle = "#fff";
      context.strokeRect(corner - 1.5, corner - 1.5, LOUPE + 3, LOUPE + 3);
      context.strokeStyle = "#000";
      context.strokeRect(corner - 0.5, corner - 0.5, LOUPE + 1, LOUPE + 1);
    }

    /** Go to the first differing pixel behind this one, in the order of the rows, or the first. */
    next(from = this.at.y * this.width + this.at.x) {
      const { expected, actual } = this.pictures;
      if (!expected || !actual) return;
      const all = this.width * this.height;
      for (let step = 1; step <= all; step++) {
        const at = (from + step) % all;
        const [x, y] = [at % this.width, Math.floor(at / this.width)];
        if (differs(expected, actual, x, y)) {
          this.look(x, y);
          return;
        }
      }
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      const field = event.target.closest("input, select");
      if (moves[event.key] && !field) {
        const by = event.shiftKey ? 8 : 1;
        this.look(this.at.x + by * moves[event.key][0], this.at.y + by * moves[event.key][1]);
      } else return;
      event.preventDefault();
    }

    /** Keys that mean the frame wherever the focus is. */
    command(key) {
      if (key === " " && this.views.includes("Toggle")) this.flip();
      else if (key === "d") this.next();
      else if (VIEWS[key - 1] && this.views.includes(VIEWS[key - 1])) this.show(VIEWS[key - 1]);
      else return false;
      return true;
    }
  }

  /** The viewer of a frame, or null where no picture was kept. */
  return async (frame, label) => {
    const kept = Object.entries(frame.pictures ?? {});
    if (!kept.length) return null;
    const decoded = await Promise.all(kept.map(async ([kind, data]) => [kind, await png.decode(data)]));
    return new Viewer(frame, Object.fromEntries(decoded), label);
  };
})();
