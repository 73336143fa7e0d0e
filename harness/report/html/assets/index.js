// SPDX-License-Identifier: MIT
// The list of tests: filters, search, order, keys.  What is chosen stands in the address.
"use strict";

xharness.ready.then((data) => {
  const { make, duration, badge, forPage } = xharness;
  const [MODULE, NAME, SERVER, OUTCOME, CAUSE, TIME, MESSAGE, FRAMES] = [0, 1, 2, 3, 4, 5, 6, 7];
  const STEP = 150;
  const byId = (id) => document.getElementById(id);
  const list = byId("tests"), search = byId("search"), suite = byId("suite"), order = byId("order");
  const words = data.rows.map((row) =>
    `${data.modules[row[MODULE]]}::${row[NAME]}\n${row[MESSAGE]}\n${row[CAUSE] < 0 ? "" : data.causes[row[CAUSE]][1]}`.toLowerCase());
  let found = [];
  let drawn = 0;

  const pressed = (kind) => [...document.querySelectorAll(`[data-${kind}][aria-pressed=true]`)]
    .map((button) => button.dataset[kind]);

  function press(kind, values) {
    for (const button of document.querySelectorAll(`[data-${kind}]`)) {
      button.setAttribute("aria-pressed", values.includes(button.dataset[kind]));
    }
  }

  function choose() {
    const outcomes = new Set(pressed("outcome").flatMap((word) => data.outcomes
      .map((one, at) => (one[0] === word || (word === "failures" && one[1] === "bad") ? at : -1)).filter((at) => at >= 0)));
    const servers = new Set(pressed("server").map((name) => data.servers.indexOf(name)));
    const causes = new Set(pressed("cause").map(Number));
    const parts = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = [];
    data.rows.forEach((row, number) => {
      if (outcomes.size && !outcomes.has(row[OUTCOME])) return;
      if (servers.size && !servers.has(row[SERVER])) return;
      if (causes.size && !causes.has(row[CAUSE])) return;
      if (suite.value && data.suites[row[MODULE]] !== suite.value) return;
      if (parts.every((part) => words[number].includes(part))) found.push(number);
    });
    if (order.value === "slow") found.sort((a, b) => data.rows[b][TIME] - data.rows[a][TIME]);
    if (order.value === "name") found.sort((a, b) => (words[a] < words[b] ? -1 : 1));
  }

  function row(number) {
    const test = data.rows[number];
    const [plain, parameters] = [test[NAME].replace(/\[.*$/s, ""), test[NAME].match(/\[.*$/s)?.[0]];
    const cause = test[CAUSE] < 0 ? "" : data.causes[test[CAUSE]][1];
    return make("li", {},
      make("a", { href: `test.html#${number}` },
        badge(data.outcomes[test[OUTCOME]]),
        make("span", { class: "name" }, make("b", {}, plain), parameters),
        make("span", { class: "time" }, duration(test[TIME] / 1000)),
        make("span", { class: "where" }, data.modules[test[MODULE]].replace(/^suites\//, ""),
          data.servers.length > 1 && data.servers[test[SERVER]] ? ` · ${data.servers[test[SERVER]]}` : "",
          test[FRAMES] ? ` · ${test[FRAMES]} ${test[FRAMES] > 1 ? "frames" : "frame"}` : ""),
        make("span", { class: "why" }, test[MESSAGE] || cause)));
  }

  function draw(count) {
    const rows = document.createDocumentFragment();
    for (const number of found.slice(drawn, drawn + count)) rows.append(row(number));
    drawn = Math.min(found.length, drawn + count);
    list.append(rows);
    byId("more").hidden = drawn >= found.length;
  }

  function show() {
    choose();
    list.replaceChildren();
    drawn = 0;
    draw(STEP);
    const all = found.length === data.rows.length;
    byId("shown").textContent = all ? `all ${found.length}` : `${found.length} of ${data.rows.length}`;
    byId("nothing").hidden = found.length > 0 || data.rows.length === 0;
    try {
      sessionStorage.setItem("xharness-list", JSON.stringify([document.body.dataset.run, location.hash, found]));
    } catch { /* A browser without storage turns the pages in the order of the report. */ }
  }

  function remember() {
    const address = new URLSearchParams();
    for (const kind of ["outcome", "server", "cause"]) {
      for (const value of pressed(kind)) address.append(kind, value);
    }
    if (search.value) address.set("search", search.value);
    if (suite.value) address.set("suite", suite.value);
    if (order.value) address.set("order", order.value);
    history.replaceState(null, "", `#${address.toString() || "all"}`);
    show();
  }

  function recall() {
    const chosen = location.hash.slice(1);
    const address = new URLSearchParams(chosen);
    press("outcome", chosen ? address.getAll("outcome") : ["failures"]);
    for (const kind of ["server", "cause"]) press(kind, address.getAll(kind));
    search.value = address.get("search") ?? "";
    suite.value = address.get("suite") ?? "";
    order.value = address.get("order") ?? "";
    show();
  }

  function clear() {
    for (const kind of ["outcome", "server", "cause"]) press(kind, []);
    search.value = suite.value = order.value = "";
    remember();
  }

  /** Move the focus by rows, from the one that has it. */
  function step(by) {
    const rows = [...list.querySelectorAll("a")];
    const at = rows.indexOf(document.activeElement);
    if (at + by >= rows.length) draw(STEP);
    const wanted = at < 0 ? 0 : Math.max(0, at + by);
    list.querySelectorAll("a")[wanted]?.focus();
  }

  for (const button of document.querySelectorAll("[aria-pressed]")) {
    button.addEventListener("click", () => {
      const now = button.getAttribute("aria-pressed") === "true";
      if (button.dataset.cause !== undefined && !now) {
        // Its tests may have outcomes that are not chosen.
        press("cause", []);
        press("outcome", []);
      }
      button.setAttribute("aria-pressed", !now);
      remember();
    });
  }
  search.addEventListener("input", remember);
  suite.addEventListener("change", remember);
  order.addEventListener("change", remember);
  byId("clear").addEventListener("click", clear);
  byId("more").addEventListener("click", () => draw(STEP));
  byId("all-causes")?.addEventListener("click", (event) => {
    for (const item of document.querySelectorAll("#causes li[hidden]")) item.hidden = false;
    event.target.remove();
  });
  window.addEventListener("hashchange", recall);
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) draw(STEP);
  }, { rootMargin: "600px" }).observe(byId("more"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (document.activeElement === search && !search.value) search.blur();
      else clear();
      return;
    }
    if (!forPage(event)) return;
    if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "/") {
      event.preventDefault();
      search.focus();
    }
  });
  recall();
});
