// What the page asks its server for; answers that do not change are kept.

const MOST_KEPT = 120;
const kept = new Map();
let version = "";

export function setVersion(text) {
  version = text;
}

export function address(path, asked = {}) {
  const query = new URLSearchParams({ ...asked, v: version });
  return `${location.origin}/${path}?${query}`;
}

async function answer(path, asked) {
  const response = await fetch(address(path, asked));
  if (!response.ok) throw new Error((await response.text()).trim() || `${response.status}`);
  return response;
}

function keeping(path, asked, read) {
  const key = address(path, asked);
  if (!kept.has(key)) {
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value);
    const promise = answer(path, asked).then(read);
    promise.catch(() => kept.delete(key));
    kept.set(key, promise);
  }
  return kept.get(key);
}

const json = (response) => response.json();

export const about = () => answer("about.json", {}).then(json);
export const ready = () => answer("ready.json", {}).then(json);
export const search = (q) => answer("search", { q }).then(json);
export const places = (layer) => keeping(`places/${layer}`, {}, json);
export const classes = (layer, product, variable) =>
  keeping(`classes/${layer}`, { product, variable }, json);
export const city = (id, product, year, other) =>
  keeping("city", other === null ? { id, product, year } : { id, product, year, other }, json);

export const values = (layer, product, variable, year) =>
  keeping(`values/${layer}`, { product, variable, year }, async (response) => {
    return new Float64Array(await response.arrayBuffer());
  });
