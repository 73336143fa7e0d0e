// SPDX-License-Identifier: MIT
// The page of one test, which the address names by its number: test.html#12, test.html#12/frame.
"use strict";

xharness.ready.then((data) => {
  const { make, duration, badge, command, quoted, forPage } = xharness;
  const [MODULE, NAME, SERVER, OUTCOME, CAUSE, TIME] = [0, 1, 2, 3, 4, 5];
  const SVG = "http://www.w3.org/2000/svg";
  /** The elements of pictures; others may act, as an animation of an address does. */
  const DRAWN = new Set(["svg", "title", "desc", "style", "g", "rect", "line", "circle", "polygon", "path", "text", "tspan"]);
  const LOG_MARK = "---- the test begins here ----";
  const main = document.getElementById("test");
  const previous = document.getElementById("previous"), next = document.getElementById("next");
  let viewers = [];
  let shown = -1;
  let neighbours = data.rows.map((_, number) => number);
  try {
    const [run, address, list] = JSON.parse(sessionStorage.getItem("xharness-list"));
    if (run === document.body.dataset.run) {
      neighbours = list;
      document.getElementById("up").href = `index.html${address}`;
    }
  } catch { /* This page was opened by itself: its neighbours are those of the report. */ }

  const section = (title, ...children) => make("section", {}, make("h2", {}, title), children);

  function link(file, words) {
    return make("a", { href: file.link.split("/").map(encodeURIComponent).join("/") }, words);
  }

  /** A picture as part of the page, so that its titles show; nothing in it may act. */
  function drawing(text) {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (svg.nodeName !== "svg" || svg.namespaceURI !== SVG) return make("p", { class: "hint" }, "The picture cannot be read.");
    for (const element of [svg, ...svg.querySelectorAll("*")]) {
      if (element.namespaceURI !== svg.namespaceURI || !DRAWN.has(element.localName)
        || (element.localName === "style" && /url|import|\\/i.test(element.textContent))) element.remove();
      for (const { name } of [...element.attributes]) {
        if (/^on|href$|^style$/i.test(name)) element.removeAttribute(name);
      }
    }
    return document.adoptNode(svg);
  }

  function picture(file) {
    const title = (file.name.slice(0, 1).toUpperCase() + file.name.slice(1)).replace(/ picture$/, "");
    return section(title, make("div", { class: "drawing wide", tabindex: "0", role: "region", "aria-label": title },
      drawing(file.picture)));
  }

  /** One run of a test that ran again. */
  function attempt(entry, at) {
    const files = (entry.files ?? []).map((one) => one.link && !one.gone ? link(one, one.name) : `${one.name} (${one.gone ? "not kept" : one.path})`);
    return make("div", {}, make("h3", {}, `${at + 1}. ${entry.outcome}`), make("p", { class: "facts" },
      duration(entry.duration ?? 0), files.flatMap((one) => [" · ", one])),
      entry.message && make("pre", { class: "message", tabindex: "0", "aria-label": `Message of attempt ${at + 1}` }, entry.message));
  }

  /** The pictures of --watch; those that were too many are files only. */
  function strip(file) {
    return section("Steps", xharness.strip(file.steps), file.cut > 0 && make("p", { class: "hint" },
      `In the folder of the test only: ${file.cut} of ${file.cut + file.steps.length} pictures.`));
  }

  function text(file) {
    return make("details", { class: "panel", open: file.name === "sanitizer" || file.open },
      make("summary", {}, make("h2", {}, file.name), " ",
        make("span", { class: "count" }, file.cut ? `the last ${Math.round(file.text.length / 1024)} of ${Math.round(file.cut / 1024)} KiB` : "")),
      file.link && make("p", { class: "hint" }, link(file, "the file")),
      make("pre", { tabindex: "0", "aria-label": file.name }, marked(file.text)));
  }

  /** A server's log, with the place where the test began. */
  function marked(whole) {
    const [before, during] = whole.split(LOG_MARK);
    return during == null ? whole : [before, make("strong", { class: "mark" }, "the test begins here"), during];
  }

  function pairs(...members) {
    return make("dl", { class: "pairs" }, members.filter(([, value]) => value != null && value !== "" && value !== false)
      .map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  async function frame(test, entry, title) {
    const matches = entry.verdict === "match";
    const size = entry.size ? `${entry.size.join("×")}, depth ${entry.depth ?? "?"}` : "";
    const head = make("h3", {}, make("a", { href: `#${shown}/${encodeURIComponent(entry.name)}` }, entry.name), " ",
      badge([entry.saved ? `${entry.verdict}, saved` : entry.verdict, matches ? "good" : "bad"]));
    const facts = pairs(
      ["golden", make("code", {}, entry.golden)],
      ["size", size],
      ["difference", entry.differing && `${entry.differing} of ${entry.total} pixels${entry.worst ? `, worst ${entry.worst}` : ""}${
        entry.box ? `, in ${entry.box[2]}×${entry.box[3]} at (${entry.box[0]}, ${entry.box[1]})` : ""}`],
      ["unsteady", entry.unsteady && "another capture at once showed something else"],
      ["tolerated", entry.tolerated && `${entry.tolerated} pixel${entry.tolerated === 1 ? "" : "s"}`],
      ["limit", entry.limit || (entry.differing || matches ? "exact" : "")],
      ["", entry.differing ? "" : matches ? "" : entry.text]);
    const box = make("article", { class: "frame", id: `frame:${entry.name}` }, head);
    if (matches) {
      box.append(facts);
      return box;
    }
    let viewer = null;
    try {
      viewer = await xharness.frame(entry, `Pictures of ${entry.name}`);
    } catch (error) {
      box.append(make("p", { class: "notice" }, `A picture cannot be read: ${error.message}`));
    }
    if (viewer) {
      const review = entry.pictures?.actual && !entry.saved && xharness.review.buttons(title, entry);
      if (review) viewer.decide = review.decide;
      viewers.push(viewer);
      box.append(...[review?.element, viewer.root].filter(Boolean));
    } else box.append(make("p", { class: "hint" }, "No pictures were kept."));
    const key = entry.golden.replace(/\.png$/, "").replace(/[.*+?^$()[\]{}|\\]/g, "\\$&");
    box.append(facts, !entry.saved && entry.pictures?.actual
      ? command("Accept", `xharness golden accept ${quoted(document.body.dataset.folder)} --only ${quoted(`^${key}$`)}`) : "");
    return box;
  }

  async function show() {
    const [digits, anchor] = location.hash.slice(1).split("/");
    const number = Number(digits);
    const row = data.rows[number];
    if (!row || !/^\d+$/.test(digits)) {
      main.replaceChildren(make("h1", {}, "No such test"), make("p", {}, make("a", { href: "index.html" }, "All tests")));
      return;
    }
    if (number !== shown) {
      shown = number;
      viewers = [];
      await fill(number, row);
    }
    if (anchor) document.getElementById(`frame:${decodeURIComponent(anchor)}`)?.scrollIntoView();
  }

  async function fill(number, row) {
    const file = data.chunks.findLastIndex((start) => start <= number);
    let test;
    try {
      test = (await xharness.chunk(file))[number - data.chunks[file]];
    } catch (error) {
      main.replaceChildren(make("p", { class: "notice" }, `${error.message}: the report is not whole.`));
      return;
    }
    const module = data.modules[row[MODULE]];
    const id = module === row[NAME] ? module : `${module}::${row[NAME]}`;
    const [plain, parameters] = [row[NAME].replace(/\[.*$/s, ""), row[NAME].match(/\[.*$/s)?.[0]];
    const cause = row[CAUSE] < 0 ? null : data.causes[row[CAUSE]];
    const server = data.servers[row[SERVER]];
    const frames = test.frames ?? [];
    const files = test.files ?? [];
    const log = files.find((one) => one.name === "timeline");
    for (const one of files) if (one.text?.split(LOG_MARK)[1]?.trim()) one.open = true;
    if (log && !frames.length && !files.some((one) => one.picture)) log.open = true;
    document.title = `${row[NAME]} · ${document.body.dataset.run}`;
    turnPages(number);
    const [setup, call, teardown] = test.durations;
    const failing = [], matching = [];
    for (const entry of frames) (entry.verdict === "match" ? matching : failing).push(await frame(test, entry, id));
    if (shown !== number) return;
    const reference = cause && /^https?:\/\//.test(cause[2]) ? make("a", { href: cause[2], rel: "noreferrer" }, cause[2]) : cause?.[2];
    main.replaceChildren(...[
      make("header", { class: "top" },
        make("p", {}, badge(data.outcomes[row[OUTCOME]]),
          make("span", { class: "facts" }, [` ${server}`, test.server ? ` ${test.server}` : "", ` · ${duration(row[TIME] / 1000)}`])),
        make("h1", { tabindex: "-1" }, plain, parameters && make("span", { class: "parameters" }, parameters)),
        make("p", { class: "facts" }, module)),
      cause && make("p", { class: "because" }, make("span", { class: "kind" }, cause[0]), " ", make("strong", {}, cause[1]),
        cause[2] && cause[2] !== cause[1] ? [" · ", reference] : null),
      test.message && make("pre", { class: "message", tabindex: "0", "aria-label": "Message" }, test.message),
      failing.length ? section(failing.length > 1 ? `${failing.length} frames` : "Frame", failing) : null,
      ...files.filter((one) => one.picture).map(picture),
      ...files.filter((one) => one.steps).map(strip),
      test.attempts && section("Attempts", test.attempts.map(attempt)),
      test.command && command("Repeat it", test.command),
      ...files.filter((one) => one.text && one.name !== "reproduce").map(text),
      test.observations && section("Observed", pairs(...test.observations)),
      matching.length ? make("details", { class: "panel" },
        make("summary", {}, make("h2", {}, "Frames that match"), " ", make("span", { class: "count" }, matching.length)), matching) : null,
      section("Facts", pairs(
        ["id", make("code", {}, id)],
        ["set-up", duration(setup)], ["call", duration(call)], ["teardown", duration(teardown)],
        ["began", `${duration(test.started ?? 0)} after the session began`],
        ["worker", test.worker],
        ["assertions", test.assertions?.join(", ")],
        ["known bugs", test.bugs?.join(", ")],
        ["expected by", test.expectations?.join(", ")],
        ["files", files.length ? make("span", {}, files.flatMap((one, at) =>
          [at ? ", " : "", one.link && !one.gone ? link(one, one.name) : `${one.name} (${one.gone ? "not kept" : one.path})`])) : null])),
    ].filter(Boolean));
    for (const viewer of viewers) viewer.scale();
    document.body.classList.toggle("reviewing", viewers.some((viewer) => viewer.decide));
    window.scrollTo(0, 0);
  }

  function turnPages(number) {
    const at = neighbours.indexOf(number);
    for (const [element, other] of [[previous, neighbours[at - 1]], [next, neighbours[at + 1]]]) {
      element.hidden = at < 0 || other === undefined;
      if (!element.hidden) element.href = `#${other}`;
    }
  }

  /** The viewer that has the focus, else the first that is seen. */
  function current() {
    return viewers.find((viewer) => viewer.root.contains(document.activeElement))
      ?? viewers.find((viewer) => viewer.root.getBoundingClientRect().bottom > 80);
  }

  window.addEventListener("hashchange", show);
  window.addEventListener("resize", () => { for (const viewer of viewers) viewer.scale(); });
  document.addEventListener("keydown", (event) => {
    if (!forPage(event)) return;
    const button = event.target.closest("button, a, summary, input");
    if (event.key === "j" && !next.hidden) next.click();
    else if (event.key === "k" && !previous.hidden) previous.click();
    else if (event.key === "u") document.getElementById("up").click();
    else if (event.key === " " && button) return;
    else {
      const viewer = current();
      if (!viewer) return;
      if (event.key === "a") viewer.decide?.("accept");
      else if (event.key === "x") viewer.decide?.("reject");
      else if (!viewer.command(event.key)) return;
    }
    event.preventDefault();
  });
  show();
});
