// Light and dark: as the reader's system says, until the button is pressed.
"use strict";
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const listeners = [];
  nightpanel.isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  nightpanel.onTheme = (listener) => listeners.push(listener);
  const tell = () => {
    button.setAttribute("aria-pressed", String(nightpanel.isDark()));
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    root.dataset.theme = nightpanel.isDark() ? "light" : "dark";
    tell();
  });
  system.addEventListener("change", tell);
  tell();

  // On paper nobody opens a list.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.list:not([open])")];
    for (const list of opened) list.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const list of opened) list.open = false;
  });

  // An element of the page: text is always text, never markup.
  nightpanel.element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  nightpanel.svg = (name, attributes = {}, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
})();
