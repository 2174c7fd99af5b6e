// Search by name or code: what is typed is asked of the server, what is picked is gone to.

import { byId, complain, element } from "./dom.js";
import { search } from "./server.js";

const PAUSE_MS = 150;

export function startSearch(pick) {
  const box = byId("search");
  const list = byId("found");
  let waiting = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
  };

  const show = (places) => {
    const rows = places.map((place) => {
      const kind = place.layer === "cities" ? "city" : `unit of ${place.city}`;
      const same = place.name === place.id;
      const text = `${same ? place.id : `${place.name} (${place.id})`}, ${kind}`;
      const button = element("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        close();
        pick(place);
      });
      return element("li", {}, button);
    });
    list.replaceChildren(...(rows.length ? rows : [element("li", {}, "nothing found")]));
    list.hidden = false;
  };

  const ask = async () => {
    const mine = (asked += 1);
    if (!box.value.trim()) return close();
    try {
      const places = await search(box.value);
      if (mine === asked) show(places);
    } catch (error) {
      complain(error.message);
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE_MS);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter") list.querySelector("button")?.click();
  });
}
