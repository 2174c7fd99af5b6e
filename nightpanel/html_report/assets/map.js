// The map: cities by Gini, a slider of years, a box that finds a city.
"use strict";
(() => {
  const box = document.getElementById("map");
  if (!box) return;
  const data = nightpanel.data("map-data");
  const { ids, names } = data.cities;
  const find = (id) => document.getElementById(id);
  const slider = find("map-year"), product = find("map-product"), search = find("map-city");
  const SHADES = ["#440154", "#443983", "#31688e", "#21918c", "#35b779", "#90d743", "#fde725"];
  const readings = new Map();
  const reading = () => {
    const place = Number(product.value);
    if (!readings.has(place)) {
      const of = data.products[place];
      const made = { name: of.name, years: of.years };
      for (const key of ["gini", "gini_low", "gini_high", "light", "n_units"]) made[key] = nightpanel.matrix(of[key]);
      Object.assign(made, classes(made.gini));
      readings.set(place, made);
    }
    return readings.get(place);
  };

  // Classes over all years, so that a colour means the same in each of them: limits, each once, and
  // one shade more; of equal values one shade.
  const classes = (gini) => {
    const values = [];
    for (let row = 0; row < gini.rows; row++)
      for (let column = 0; column < gini.columns; column++) values.push(gini.value(row, column));
    const sorted = Float64Array.from(values.filter((one) => !Number.isNaN(one))).sort();
    if (!sorted.length) return { breaks: [], shades: [], least: NaN };
    const limits = SHADES.slice(1).map((_, k) => sorted[Math.floor(((k + 1) * sorted.length) / SHADES.length)]);
    const kept = [...new Set(limits)].filter((limit) => limit > sorted[0]);
    const shades = [0, ...kept].map((_, k) => SHADES[Math.round((k * (SHADES.length - 1)) / Math.max(kept.length, 1))]);
    return { breaks: kept, shades, least: sorted[0] };
  };
  const classOf = (value, limits) => limits.filter((limit) => value >= limit).length;
  const none = () => "var(--none)";

  const shapes = nightpanel.shapes(data.cities);
  const drawing = nightpanel.svg("svg", {
    viewBox: `0 0 ${data.frame.width} ${data.frame.height}`, "aria-hidden": "true", focusable: "false",
  });
  const paths = ids.map((id, place) => {
    const path = nightpanel.svg("path", { d: shapes.path(place), "fill-rule": "evenodd", "data-city": place });
    path.append(nightpanel.svg("title", {}, ""));
    drawing.append(path);
    return path;
  });
  box.querySelector(".map-shapes").append(drawing);

  let chosen = null;
  const nameOf = (place) => (names[place] === ids[place] ? ids[place] : `${names[place]} (${ids[place]})`);
  const digits = (value, places = 4) => (Number.isNaN(value) ? "no value" : value.toFixed(places));
  const colourAll = () => {
    const now = reading(), at = Number(slider.value);
    paths.forEach((path, place) => {
      const value = now.gini.value(place, at);
      path.style.fill = Number.isNaN(value) ? none() : now.shades[classOf(value, now.breaks)];
      path.firstChild.textContent = `${nameOf(place)}: ${digits(value)}`;
    });
    find("map-year-shown").textContent = now.years[at];
    slider.setAttribute("aria-valuetext", String(now.years[at]));
    const known = ids.map((_, place) => now.gini.value(place, at)).filter((one) => !Number.isNaN(one));
    const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
    find("map-says").textContent = known.length
      ? `${now.years[at]}, ${now.name}: ${known.length} cities with a Gini, mean ${mean.toFixed(3)}`
      : `${now.years[at]}, ${now.name}: no city has a Gini`;
    if (chosen !== null) nightpanel.showCity(data, now, chosen, at, nameOf(chosen));
  };
  const legend = () => {
    const { breaks: limits, shades, least } = reading();
    const places = box.querySelector(".legend");
    const entry = (fill, text) => {
      const made = nightpanel.element("span");
      made.append(nightpanel.element("i", "", {}), text);
      made.firstChild.style.background = fill;
      return made;
    };
    const text = (k) =>
      !limits.length ? least.toFixed(3) : k === 0 ? `below ${limits[0].toFixed(3)}` : k === limits.length ? `${limits[k - 1].toFixed(3)} and more` : `${limits[k - 1].toFixed(3)} to ${limits[k].toFixed(3)}`;
    const entries = shades.map((fill, k) => entry(fill, text(k)));
    places.replaceChildren("Gini of light: ", ...entries, entry(none(), "no value"));
  };
  const choose = (place, { focus = false } = {}) => {
    if (chosen !== null) paths[chosen].classList.remove("chosen");
    chosen = place;
    paths[place].classList.add("chosen");
    drawing.append(paths[place]);
    find("city").hidden = false;
    nightpanel.showCity(data, reading(), place, Number(slider.value), nameOf(place));
    if (focus) find("city").focus();
  };
  const setProduct = () => {
    const years = reading().years;
    slider.max = Math.max(years.length - 1, 0);
    slider.value = slider.max;
    slider.disabled = years.length < 2;
    legend();
    colourAll();
  };

  data.products.forEach((one, place) => product.append(nightpanel.element("option", one.name, { value: place })));
  find("map-product-label").hidden = data.products.length < 2;
  ids.forEach((_, place) => find("map-cities").append(nightpanel.element("option", undefined, { value: nameOf(place) })));
  const places = new Map();
  ids.forEach((id, place) => [nameOf(place), id].forEach((word) => places.set(word.toLowerCase(), place)));
  const looked = () => {
    const wanted = search.value.trim().toLowerCase();
    if (!wanted) return null;
    if (places.has(wanted)) return places.get(wanted);
    const like = ids.map((_, place) => place).filter((place) => nameOf(place).toLowerCase().includes(wanted));
    return like.length ? like[0] : null;
  };
  search.addEventListener("change", () => {
    const found = looked();
    if (found === null) {
      if (search.value.trim()) find("map-says").textContent = `No city is called ${search.value.trim()}.`;
    } else choose(found, { focus: true });
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") search.dispatchEvent(new Event("change"));
  });
  slider.addEventListener("input", colourAll);
  product.addEventListener("change", setProduct);
  drawing.addEventListener("click", (event) => {
    const place = event.target.closest("path")?.dataset.city;
    if (place !== undefined) choose(Number(place));
  });
  setProduct();
})();
