// Elements of the page. Texts from the output folder are only ever set as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function swatch(colour) {
  const made = element("span", { class: "swatch", "aria-hidden": "true" });
  made.style.background = colour; // the object model: the page's policy allows no style attributes
  return made;
}

export function options(select, pairs, chosen) {
  select.replaceChildren(
    ...pairs.map(([value, text]) => {
      const made = element("option", { value }, text);
      made.selected = value === chosen;
      return made;
    }),
  );
}

export function complain(text) {
  const place = byId("trouble");
  place.textContent = text;
  place.hidden = !text;
}

export const NO_NUMBER = "no number";

const DIGITS = 4;

// With `aligned`, as many digits for every number of a column.
export function numberText(value, aligned = false) {
  if (value === null || Number.isNaN(value)) return NO_NUMBER;
  if (value === 0 || (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7)) {
    return value.toLocaleString("en", {
      maximumSignificantDigits: DIGITS,
      minimumSignificantDigits: aligned && !Number.isInteger(value) ? DIGITS : 1,
      useGrouping: false,
    });
  }
  return value.toExponential(2);
}
