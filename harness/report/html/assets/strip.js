// SPDX-License-Identifier: MIT
// The screen after each step of a test that ran with --watch: small pictures, and one of them large.
"use strict";

xharness.strip = (steps) => {
  const { make } = xharness;
  const source = (step) => `data:image/png;base64,${step.picture}`;
  const title = (step) => `Picture ${step.number}`;
  const large = make("img", {});
  const words = make("figcaption", {});
  const buttons = steps.map((step, at) => make("button",
    { type: "button", "aria-pressed": "false", tabindex: "-1", onclick: () => choose(at) },
    make("img", { src: source(step), alt: `${title(step)}: ${step.words.at(-1)}` })));
  let chosen = 0;

  function choose(at) {
    buttons[chosen].setAttribute("aria-pressed", "false");
    buttons[chosen].tabIndex = -1;
    chosen = at;
    buttons[at].setAttribute("aria-pressed", "true");
    buttons[at].tabIndex = 0;
    large.src = source(steps[at]);
    large.alt = `The screen after: ${steps[at].words.join("; ")}`;
    words.replaceChildren(make("strong", {}, `${title(steps[at])} of ${steps.at(-1).number}`),
      make("ol", {}, steps[at].words.map((one) => make("li", {}, one))));
  }

  function turn(event) {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: steps.length - 1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!steps[to]) return;
    choose(to);
    buttons[to].focus();
  }

  choose(0);
  const small = make("div", { class: "steps wide", role: "group", "aria-label": "Steps: arrow keys turn", onkeydown: turn }, buttons);
  return make("div", { class: "drawing" }, small, make("figure", { "aria-live": "polite" }, large, words));
};
