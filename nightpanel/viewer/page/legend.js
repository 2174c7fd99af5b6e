// What colours mean.

import { byId, element, numberText, swatch } from "./dom.js";

const row = (colour, text) => element("li", {}, swatch(colour), text);

export function showClasses(title, classes) {
  const rows = classes.breaks.map(([low, high], place) => {
    const text = low === high ? numberText(low) : `${numberText(low)} to ${numberText(high)}`;
    return row(classes.colours[place], text);
  });
  byId("legend").replaceChildren(
    element("h2", {}, title),
    element("ol", {}, ...rows.reverse()),
    element("ul", {}, row(classes.nothing, "no number")),
  );
}

export function showLight(product) {
  const unit = product.unit ? ` [${product.unit}]` : "";
  const rows = product.legend.map(([value, colour], place) => {
    const open = !product.ends && place === product.legend.length - 1;
    return row(colour, open ? `${numberText(value)} and more` : numberText(value));
  });
  byId("legend").replaceChildren(
    element("h2", {}, `Light of a cell${unit}`),
    element("ol", {}, ...rows.reverse()),
  );
}

export function clear() {
  byId("legend").replaceChildren();
}
