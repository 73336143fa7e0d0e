// SPDX-License-Identifier: MIT
// Which frames are to become goldens.  `xharness golden review` serves these pages and keeps the
// decisions in its file; elsewhere the browser keeps them, and they are saved as one.
"use strict";

xharness.review = (() => {
  const { make, command, quoted } = xharness;
  const LAYOUT = 1;
  const served = "review" in document.documentElement.dataset;
  const { folder, run } = document.body.dataset;
  const place = `xharness-decisions-${run}`;
  let decisions = new Map();

  const key = (test, frame) => JSON.stringify([test, frame]);

  const listed = () => [...decisions].map(([name, decision]) => {
    const [test, frame] = JSON.parse(name);
    return { test, frame, ...decision };
  });

  const file = () => `${JSON.stringify({ layout: LAYOUT, run, decisions: listed() }, null, 1)}\n`;

  function take(text) {
    try {
      decisions = new Map(JSON.parse(text).decisions.map(({ test, frame, ...rest }) => [key(test, frame), rest]));
    } catch { /* Nothing was decided yet. */ }
  }

  async function load() {
    if (served) take(await (await fetch("decisions.json", { cache: "no-store" })).text());
    else {
      try {
        take(localStorage.getItem(place));
      } catch { /* A browser without storage keeps them while the page is open. */ }
    }
    show();
  }

  async function save() {
    show();
    if (served) {
      const answer = await fetch("decisions.json", { method: "PUT", body: file() });
      if (!answer.ok) throw new Error(`the decision was not kept: ${await answer.text()}`);
    } else {
      try {
        localStorage.setItem(place, file());
      } catch { /* See above. */ }
    }
  }

  function show() {
    const box = document.getElementById("decided");
    const counts = { accept: 0, reject: 0 };
    for (const { decision } of decisions.values()) counts[decision] += 1;
    box.hidden = !decisions.size;
    if (!decisions.size) return;
    const save = make("a", { class: "quiet", download: "decisions.json",
      href: `data:application/json,${encodeURIComponent(file())}` }, "Save decisions.json");
    box.replaceChildren(
      make("p", {}, make("strong", {}, `${counts.accept} accepted, ${counts.reject} rejected`), " ",
        served ? "kept in the folder of the run" : save),
      command("Then", `xharness golden accept ${quoted(folder)}${served ? "" : " --decisions decisions.json"}`));
  }

  /** Accept and reject for one frame; a second press takes the decision back. */
  function buttons(test, frame) {
    const name = key(test, frame.name);
    const states = [["accept", "Accept"], ["reject", "Reject"]];
    const made = states.map(([decision, word]) =>
      make("button", { type: "button", "aria-pressed": "false", onclick: () => decide(decision) }, word));
    const problem = make("span", { class: "bad", role: "alert" });

    function mark() {
      const now = decisions.get(name)?.decision;
      made.forEach((button, at) => button.setAttribute("aria-pressed", states[at][0] === now));
    }

    async function decide(decision) {
      if (decisions.get(name)?.decision === decision) decisions.delete(name);
      else decisions.set(name, { decision, golden: frame.golden, digest: frame.digest ?? "" });
      mark();
      problem.textContent = "";
      await save().catch((error) => { problem.textContent = error.message; });
    }

    loaded.then(mark);
    const element = make("div", { class: "decide tabs", role: "group", "aria-label": `Decision on ${frame.name}` }, made, problem);
    return { element, decide };
  }

  const loaded = load();
  return { buttons };
})();
