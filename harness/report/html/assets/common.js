// SPDX-License-Identifier: MIT
// What both pages share.  Data files call xharness.index and xharness.chunk; pages wait for them.
"use strict";

const xharness = (() => {
  const loading = new Map();
  const arrived = new Map();
  let take;
  const index = new Promise((resolve) => { take = resolve; });

  /** The details of the tests in one file. */
  function chunk(number) {
    if (!loading.has(number)) {
      loading.set(number, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `data/tests-${number}.js`;
        script.onload = () => resolve(arrived.get(number));
        script.onerror = () => reject(new Error(`${script.src} is not there`));
        document.head.append(script);
      }));
    }
    return loading.get(number);
  }

  /** An element with attributes and children; text is never taken for markup. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
      else if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child != null && child !== "" && child !== false));
    return element;
  }

  function duration(seconds) {
    if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
  }

  // Beside the word, so that no outcome is told by its colour alone.
  const SIGNS = { bad: "✗", odd: "!", known: "≈", skipped: "○", good: "✓" };

  function badge([word, tone]) {
    return make("span", { class: `badge ${tone}` },
      make("span", { class: "sign", "aria-hidden": "true" }, SIGNS[tone]), ` ${word}`);
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Browsers that give file:// no clipboard still copy what is selected.
      const area = make("textarea", { class: "hidden" }, text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  /** A command with a button that copies it. */
  function command(label, text) {
    const button = make("button", { type: "button", class: "quiet", "aria-label": `Copy: ${label}` }, "Copy");
    button.addEventListener("click", async () => {
      await copy(text);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    return make("div", { class: "command" },
      make("span", { class: "label" }, label), make("code", {}, text), button);
  }

  /** A word of a command as a shell takes it literally; names in a run may be anything. */
  function quoted(word) {
    return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
  }

  /** Whether a key is meant for the page, not for a field or a browser's own shortcut. */
  function forPage(event) {
    return !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented
      && !event.target.closest?.("input:not([type=range]), select, textarea");
  }

  for (const element of document.querySelectorAll("[data-seconds]")) {
    element.textContent = duration(Number(element.dataset.seconds));
  }
  for (const element of document.querySelectorAll("code.copy")) {
    element.replaceWith(command("", element.textContent));
  }

  return {
    ready: index,
    index: (data) => take(data),
    chunk: (number, tests) => (tests ? arrived.set(number, tests) : chunk(number)),
    make, duration, badge, command, quoted, forPage,
  };
})();
