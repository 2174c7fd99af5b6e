// What is shown, as the address after # tells it: layer, product, variable, year, other, city, at.

const ORDER = ["layer", "variable", "product", "year", "other", "city"];

export function fromAddress(text) {
  const asked = new URLSearchParams(text.replace(/^#/, ""));
  const number = (name) => (asked.has(name) ? Number(asked.get(name)) : null);
  const at = (asked.get("at") ?? "").split(",").map(Number);
  return {
    layer: asked.get("layer"),
    variable: asked.get("variable"),
    product: asked.get("product"),
    year: number("year"),
    other: number("other"),
    city: asked.get("city"),
    at: at.length === 3 && at.every(Number.isFinite) ? at : null,
  };
}

export function toAddress(state, withView = true) {
  const parts = ORDER.filter((name) => state[name] !== null && state[name] !== "").map(
    (name) => `${name}=${encodeURIComponent(state[name])}`,
  );
  if (withView && state.at) parts.push(`at=${state.at.map((one) => +one.toFixed(4)).join(",")}`);
  return parts.join("&");
}

// The layers that can be shown: those with outlines, and light where there are rasters.
export function layersOf(about) {
  const drawn = about.layers.filter((one) => one.products.length);
  return about.light.length ? [...drawn.map((one) => one.name), "light"] : drawn.map((one) => one.name);
}

export function productsOf(about, layer) {
  if (layer !== "light") return about.layers.find((one) => one.name === layer).products;
  return about.light.map((one) => ({
    name: one.product,
    years: [...new Set(one.years.map((file) => file.year))],
  }));
}

export function variablesOf(about, layer) {
  return about.layers.find((one) => one.name === layer)?.variables ?? [];
}

const among = (wanted, known, otherwise) => (known.includes(wanted) ? wanted : otherwise);

// A state that can be shown, as close to the wanted one as the folder allows; null if none can.
export function possible(wanted, about) {
  const layers = layersOf(about);
  if (!layers.length) return null;
  const layer = among(wanted.layer, layers, layers[0]);
  const products = productsOf(about, layer);
  const product = among(wanted.product, products.map((one) => one.name), products[0].name);
  const years = products.find((one) => one.name === product).years;
  const first = about.layers.find((one) => one.name === layer)?.first ?? null;
  const variables = variablesOf(about, layer).map((one) => one.name);
  return {
    layer,
    product,
    variable: layer === "light" ? null : among(wanted.variable, variables, first),
    year: among(wanted.year, years, years.at(-1)),
    other: among(wanted.other, years, null),
    city: wanted.city,
    at: wanted.at,
  };
}
