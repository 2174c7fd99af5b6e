// A city: its Gini by year with the interval, Lorenz curves, its brightest and darkest townships.

import { byId, element, NO_NUMBER, numberText } from "./dom.js";
import { lorenzChart, pathChart } from "./charts.js";

const LISTED = 5;

// A cell that shows a rounded number and keeps the whole one for whoever wants it.
function cell(value, name) {
  const attributes = value === null || value === undefined ? {} : { "data-value": String(value) };
  if (name) attributes["data-name"] = name;
  return element("td", attributes, value === undefined ? "" : numberText(value, true));
}

function yearTable(facts) {
  const head = ["Year", "Gini", "from", "to", "Mean light", "Units"];
  const rows = facts.years.map((year, i) => {
    const row = element("tr", { "data-year": year }, element("th", { scope: "row" }, `${year}`));
    for (const name of ["gini", "gini_low", "gini_high", "mean", "n_units"]) {
      row.append(cell(facts[name]?.[i], name));
    }
    if (facts.flags[i]) row.title = `Flags: ${facts.flags[i]}`;
    return row;
  });
  const names = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
  return element("table", {}, element("thead", {}, names), element("tbody", {}, ...rows));
}

function ranked(facts, year) {
  const means = facts.light[year].mean;
  return facts.townships
    .map((one, i) => ({ ...one, mean: means[i] }))
    .filter((one) => one.mean !== null && one.mean !== undefined)
    .sort((a, b) => b.mean - a.mean || (a.id < b.id ? -1 : 1));
}

function townshipList(title, places, name) {
  const rows = places.map((one) => {
    const text = one.name === one.id ? one.id : `${one.name} (${one.id})`;
    return element("tr", { "data-unit": one.id }, element("td", {}, text), cell(one.mean, "mean"));
  });
  return [element("h3", {}, title), element("table", { class: name }, element("tbody", {}, ...rows))];
}

function townships(facts, year) {
  const all = ranked(facts, year);
  if (!all.length) return [element("p", {}, `Units in ${year}: ${NO_NUMBER}`)];
  if (all.length <= 2 * LISTED) return townshipList(`Units by light, ${year}`, all, "brightest");
  return [
    ...townshipList(`Brightest units, ${year}`, all.slice(0, LISTED), "brightest"),
    ...townshipList(`Darkest units, ${year}`, all.slice(-LISTED).reverse(), "darkest"),
  ];
}

// Shown to whoever asked for it: on a phone it is far below the map.
export function goToCity() {
  const place = byId("city");
  if (place.hidden) return;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "nearest" });
}

export function showCity(facts, years, { close, goTo }) {
  const place = byId("city");
  const title = facts.name === facts.id ? facts.id : `${facts.name} (${facts.id})`;
  const shut = element("button", { type: "button" }, "Close");
  const find = element("button", { type: "button" }, "Show on the map");
  shut.addEventListener("click", close);
  find.addEventListener("click", () => goTo(facts.box));
  const parts = [element("h2", {}, title), find, " ", shut];
  const chart = pathChart(`Gini of ${title} by year; the table has its numbers`, facts.years, facts.gini ?? [], facts.gini_low, facts.gini_high);
  if (chart) parts.push(element("h3", {}, "Gini of light, with interval"), chart);
  parts.push(yearTable(facts));
  const curves = years.map((year) => [`${year}`, facts.light[year].lorenz]).filter(([, curve]) => curve);
  if (curves.length) {
    parts.push(
      element("h3", {}, "Lorenz curve of its units"),
      lorenzChart(`Lorenz curve of ${title}: share of light of its darkest units`, curves),
    );
  }
  for (const year of years) parts.push(...townships(facts, year));
  place.replaceChildren(...parts);
  place.dataset.city = facts.id;
  place.hidden = false;
}

export function hideCity() {
  const place = byId("city");
  place.hidden = true;
  delete place.dataset.city;
  place.replaceChildren();
}
