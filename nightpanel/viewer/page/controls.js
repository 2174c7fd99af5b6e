// The choices on the panel: they follow the state, and ask for another.

import { byId, options } from "./dom.js";
import { layersOf, productsOf, variablesOf } from "./state.js";

const TITLES = { cities: "Cities", townships: "Units (townships, counties)", light: "Light, cell by cell" };

export class Controls {
  constructor(about, ask) {
    this.about = about;
    this.years = [];
    byId("controls").hidden = false;
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    for (const name of ["layer", "product", "variable"]) {
      byId(name).addEventListener("change", (event) => ask({ [name]: event.target.value }));
    }
    for (const name of ["year", "other"]) {
      byId(name).addEventListener("input", (event) => ask({ [name]: this.years[event.target.value] }));
    }
    byId("compare").addEventListener("change", (event) => {
      ask({ other: event.target.checked ? this.years[0] : null });
    });
  }

  follow(state) {
    const products = productsOf(this.about, state.layer);
    const variables = variablesOf(this.about, state.layer);
    this.years = products.find((one) => one.name === state.product).years;
    options(byId("layer"), layersOf(this.about).map((one) => [one, TITLES[one]]), state.layer);
    options(byId("product"), products.map((one) => [one.name, one.name]), state.product);
    options(byId("variable"), variables.map((one) => [one.name, titleOf(one)]), state.variable);
    const shown = variables.find((one) => one.name === state.variable);
    byId("about-variable").textContent = shown?.text ?? "";
    for (const name of ["variable", "variable-label", "about-variable"]) {
      byId(name).hidden = !variables.length;
    }
    this.followYear("year", state.year);
    this.followYear("other", state.other ?? state.year);
    byId("other-part").hidden = state.other === null;
    byId("compare").checked = state.other !== null;
    byId("compare").disabled = this.years.length < 2;
  }

  followYear(name, year) {
    const slider = byId(name);
    slider.max = this.years.length - 1;
    slider.value = this.years.indexOf(year);
    slider.disabled = this.years.length < 2;
    slider.setAttribute("aria-valuetext", year);
    byId(`${name}-shown`).textContent = year;
  }
}

export function titleOf(variable) {
  return variable.unit ? `${variable.label} [${variable.unit}]` : variable.label;
}
