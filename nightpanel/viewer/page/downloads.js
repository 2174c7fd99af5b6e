// Links to files of what is shown.

import { byId } from "./dom.js";
import { address } from "./server.js";

export function linkDownloads(state, box) {
  byId("downloads").hidden = state.layer === "light";
  const asked = { variable: state.variable ?? "", product: state.product, year: state.year };
  if (state.other !== null) asked.other = state.other;
  if (byId("in-view").checked) asked.box = box.map((one) => one.toFixed(5)).join(",");
  for (const kind of ["csv", "gpkg"]) {
    byId(`as-${kind}`).href = address(`download/${state.layer}.${kind}`, asked);
  }
}
