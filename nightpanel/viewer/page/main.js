// The page: one state, told by the address; every change of it goes through `ask`.

import * as server from "./server.js";
import { goToCity, hideCity, showCity } from "./city.js";
import { coloursOf } from "./colours.js";
import { Controls, titleOf } from "./controls.js";
import { byId, complain, element, numberText } from "./dom.js";
import { linkDownloads } from "./downloads.js";
import * as legend from "./legend.js";
import { Maps } from "./maps.js";
import { startSearch } from "./search.js";
import { fromAddress, possible, toAddress, variablesOf } from "./state.js";

const READY_MS = 500;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const root = document.documentElement;

// What the server said of a tile that it refused, or else the error's own words.
async function said(error) {
  const text = error?.body instanceof Blob ? (await error.body.text()).trim() : "";
  return text || error?.message || "the map cannot be drawn";
}

class Page {
  constructor(about) {
    this.about = about;
    this.turn = 0; // of the last change that was asked for
    this.pointing = 0; // of the last move of the pointer
    this.values = {}; // by side: numbers that are shown
    this.state = possible(fromAddress(location.hash), about);
    this.controls = new Controls(about, (change) => this.ask(change));
    this.maps = new Maps(about, {
      onMove: () => this.moved(),
      onPoint: (side, event) => this.point(side, event),
      onClick: (side, event) => this.click(side, event),
      onTrouble: async (error) => complain(await said(error)),
    });
    startSearch((place) => this.pick(place));
    byId("in-view").addEventListener("change", () => linkDownloads(this.state, this.maps.box));
    window.addEventListener("hashchange", () => this.ask(fromAddress(location.hash)));
  }

  async start() {
    await this.maps.loaded;
    if (this.state.at) this.maps.goTo(this.state.at);
    await this.show();
  }

  ask(change) {
    this.state = possible({ ...this.state, ...change }, this.about);
    if (change.at) this.maps.goTo(change.at);
    return this.show();
  }

  async show() {
    const mine = (this.turn += 1);
    const { state } = this;
    delete root.dataset.shown;
    this.writeAddress();
    this.controls.follow(state);
    try {
      this.maps.compare(state.other !== null);
      await (state.layer === "light" ? this.showLight(mine) : this.showLayer(mine));
      if (mine !== this.turn) return;
      await this.showCity(mine);
      linkDownloads(state, this.maps.box);
      await this.maps.idle();
      if (mine !== this.turn) return;
      root.dataset.shown = toAddress(state, false);
      this.fetchAhead();
    } catch (error) {
      if (mine === this.turn) complain(error.message);
    }
  }

  get years() {
    const { year, other } = this.state;
    return other === null ? [year] : [year, other];
  }

  async showLayer(mine) {
    const { layer, product, variable } = this.state;
    const [classes, ...values] = await Promise.all([
      server.classes(layer, product, variable),
      ...this.years.map((year) => server.values(layer, product, variable, year)),
    ]);
    if (mine !== this.turn) return;
    this.maps.shown.forEach((view, place) => {
      view.showLayer(layer);
      view.paint(layer, coloursOf(values[place], classes));
    });
    this.values = { left: values[0], right: values[1] };
    this.nameYears();
    legend.showClasses(titleOf(this.variable), classes);
    complain("");
  }

  async showLight() {
    const product = this.about.light.find((one) => one.product === this.state.product);
    const files = this.years.map((year) => product.years.find((one) => one.year === year));
    this.values = {};
    this.maps.shown.forEach((view, place) => {
      view.showLayer("light");
      view.showLight({ ...files[place], product: product.product });
    });
    this.nameYears();
    legend.showLight(product);
    const absent = files.filter((one) => one.why_not);
    complain(absent.map((one) => `Light of ${one.year} is not shown: ${one.why_not}.`).join(" "));
  }

  nameYears() {
    const [left, right] = this.years;
    byId("left-year").textContent = left;
    byId("right-year").textContent = right ?? "";
  }

  get variable() {
    return variablesOf(this.about, this.state.layer).find((one) => one.name === this.state.variable);
  }

  async showCity(mine) {
    const { city, product, year, other } = this.state;
    const places = city === null ? null : await this.places("cities");
    if (mine !== this.turn) return;
    const index = places ? places.ids.indexOf(city) : -1;
    for (const view of this.maps.shown) view.choose(index);
    if (index < 0) return hideCity();
    const facts = await server.city(city, product, year, other);
    if (mine !== this.turn) return;
    showCity(facts, this.years, {
      close: () => {
        byId("search").focus({ preventScroll: true });
        this.ask({ city: null });
      },
      goTo: (box) => this.maps.fit(box),
    });
  }

  async places(layer) {
    const known = this.about.layers.some((one) => one.name === layer);
    return known ? server.places(layer) : null;
  }

  // The layer whose polygons answer the pointer.
  get pointed() {
    const drawn = this.about.layers.map((one) => one.name);
    return drawn.includes(this.state.layer) ? this.state.layer : drawn[0];
  }

  async point(side, event) {
    const label = byId("pointed");
    const mine = (this.pointing += 1);
    const layer = this.pointed;
    const index = event && layer ? this.maps.views[side].placeAt(event.point, layer) : -1;
    if (index < 0) {
      label.hidden = true;
      return;
    }
    const places = await this.places(layer);
    if (mine !== this.pointing) return;
    const [id, name] = [places.ids[index], places.names[index]];
    const value = this.values[side]?.[index];
    const text = name === id ? id : `${name} (${id})`;
    label.textContent = value === undefined ? text : `${text}: ${numberText(value)}`;
    label.dataset.id = id;
    label.dataset.value = value ?? "";
    const left = side === "left" ? 0 : byId("right").offsetLeft;
    label.style.left = `${left + event.point.x + 12}px`;
    label.style.top = `${event.point.y + 12}px`;
    label.hidden = false;
  }

  async click(side, event) {
    const layer = this.pointed;
    const index = layer ? this.maps.views[side].placeAt(event.point, layer) : -1;
    if (index < 0) return;
    const places = await this.places(layer);
    await this.open(places.cities[index]);
  }

  async pick(place) {
    this.maps.fit(place.box);
    await this.open(place.city);
  }

  async open(city) {
    await this.ask({ city });
    if (this.state.city === city) goToCity();
  }

  moved() {
    this.state.at = this.maps.at;
    this.writeAddress();
    linkDownloads(this.state, this.maps.box);
  }

  writeAddress() {
    history.replaceState(null, "", `#${toAddress(this.state)}`);
  }

  // The years beside the one that is shown, so that the slider need not wait.
  fetchAhead() {
    const { layer, product, variable, year } = this.state;
    if (layer === "light") return;
    const { years } = this.controls;
    const place = years.indexOf(year);
    for (const near of [years[place - 1], years[place + 1]]) {
      if (near !== undefined) server.values(layer, product, variable, near).catch(() => null);
    }
  }
}

async function outlinesReady() {
  const note = byId("waiting");
  while (!(await server.ready()).ready) {
    note.textContent = "Outlines are being simplified; this is kept, and only done once.";
    note.hidden = false;
    await wait(READY_MS);
  }
  note.hidden = true;
}

async function main() {
  const about = await server.about();
  server.setVersion(about.version);
  document.title = `${about.name}: nightpanel map`;
  byId("title").textContent = about.name;
  byId("messages").replaceChildren(...about.messages.map((text) => element("li", {}, text)));
  byId("messages").hidden = !about.messages.length;
  if (!possible({}, about)) {
    byId("maps").hidden = true;
    root.dataset.shown = "";
    return;
  }
  await outlinesReady();
  await new Page(about).start();
}

main().catch((error) => complain(error.message));
