// One map: outlines as vector tiles, coloured by the state of their features; light as pictures.

import { Map as GlMap, NavigationControl, ScaleControl } from "./vendor/maplibre-gl.mjs";
import { address } from "./server.js";

const NOTHING = "#c4c4c4";
const DARK = matchMedia("(prefers-color-scheme: dark)").matches;
const GROUND = { light: "#2b3440", other: DARK ? "#20262e" : "#e6eaee" }; // no observation is not darkness
const LINE = { light: "#9fb3c8", other: "#39414a" };
const LAST_ZOOM = 14;
const TILE_PIXELS = 512;
const LEAST_WIDTH = 10; // pixels
const FITTING = { padding: 30, animate: false };
const FREE = [-180, -85, 180, 85];

function clamped([west, south, east, north]) {
  return [Math.max(west, FREE[0]), Math.max(south, FREE[1]), Math.min(east, FREE[2]), Math.min(north, FREE[3])];
}

export class MapView {
  constructor(container, about) {
    this.about = about;
    this.painted = {}; // by layer: colour of every feature
    this.light = null; // what pictures are shown
    this.map = new GlMap({
      container,
      style: {
        version: 8,
        sources: {},
        layers: [{ id: "ground", type: "background", paint: { "background-color": GROUND.other } }],
      },
      bounds: clamped(about.box),
      fitBoundsOptions: FITTING,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxZoom: 16,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl(), "bottom-right");
    this.loaded = new Promise((done) => this.map.once("load", done)).then(() => this.addLayers());
  }

  // The zoom from which outlines are drawn: where polygons are wide enough to have any inside.
  linedFrom(name) {
    const { count } = this.about.layers.find((one) => one.name === name);
    const [west, south, east, north] = this.about.box;
    const degrees = Math.sqrt(((east - west) * (north - south)) / count);
    const zoom = Math.log2((LEAST_WIDTH / TILE_PIXELS) * (360 / Math.max(degrees, 1e-6)));
    return Math.min(Math.max(zoom, 0), LAST_ZOOM);
  }

  // The whole of what there is.
  toAll() {
    this.map.fitBounds(clamped(this.about.box), FITTING);
  }

  addLayers() {
    const names = this.about.layers.map((one) => one.name);
    for (const name of ["townships", "cities"].filter((one) => names.includes(one))) {
      this.map.addSource(name, {
        type: "vector",
        tiles: [address(`outlines/${name}/{z}/{x}/{y}`)],
        bounds: clamped(this.about.box),
        maxzoom: LAST_ZOOM,
      });
      const source = { source: name, "source-layer": name };
      this.map.addLayer({
        id: `${name}-fill`,
        type: "fill",
        ...source,
        paint: {
          "fill-color": ["to-color", ["feature-state", "colour"], NOTHING],
          "fill-antialias": false, // the outlines hide the steps
        },
      });
      this.map.addLayer({ id: `${name}-line`, type: "line", minzoom: this.linedFrom(name), ...source });
    }
    if (names.includes("cities")) {
      this.map.addLayer({
        id: "chosen",
        type: "line",
        source: "cities",
        "source-layer": "cities",
        filter: ["==", ["id"], -1],
        paint: { "line-color": "#e4002b", "line-width": 3 },
      });
    }
  }

  // Which of the layers are seen.
  showLayer(layer) {
    const of = (colours) => colours[layer] ?? colours.other;
    const widths = { cities: layer === "townships" ? 1.4 : 0.8, townships: 0.3 };
    for (const { name } of this.about.layers) {
      const lined = name === "cities" || layer === "townships";
      const filled = name === layer || layer === "light"; // unseen over light: it finds what is pointed at
      this.map.setLayoutProperty(`${name}-line`, "visibility", lined ? "visible" : "none");
      this.map.setLayoutProperty(`${name}-fill`, "visibility", filled ? "visible" : "none");
      this.map.setPaintProperty(`${name}-fill`, "fill-opacity", name === layer ? 1 : 0);
      this.map.setPaintProperty(`${name}-line`, "line-width", widths[name]);
      this.map.setPaintProperty(`${name}-line`, "line-color", of(LINE));
      this.map.setPaintProperty(`${name}-line`, "line-opacity", layer === "light" ? 0.4 : 1);
    }
    this.map.setPaintProperty("ground", "background-color", of(GROUND));
    if (layer !== "light") this.showLight(null);
  }

  // Colour the features whose colour is another than before.
  paint(layer, colours) {
    const before = this.painted[layer] ?? [];
    colours.forEach((colour, index) => {
      if (before[index] === colour) return;
      this.map.setFeatureState({ source: layer, sourceLayer: layer, id: index + 1 }, { colour });
    });
    this.painted[layer] = colours;
  }

  showLight(file) {
    const key = file && `${file.product} ${file.year}`;
    if (this.light === key) return;
    this.light = key;
    if (this.map.getLayer("light")) this.map.removeLayer("light");
    if (this.map.getSource("light")) this.map.removeSource("light");
    if (!file || file.why_not) return;
    this.map.addSource("light", {
      type: "raster",
      tiles: [address("light/{z}/{x}/{y}", { product: file.product, year: file.year })],
      tileSize: 256,
      bounds: clamped(file.box),
      minzoom: file.first_zoom,
      maxzoom: LAST_ZOOM,
    });
    const paint = { "raster-resampling": "nearest", "raster-fade-duration": 0 };
    const above = this.map.getStyle().layers.find((one) => one.id !== "ground");
    this.map.addLayer({ id: "light", type: "raster", source: "light", paint }, above?.id);
  }

  choose(index) {
    if (this.map.getLayer("chosen")) this.map.setFilter("chosen", ["==", ["id"], index + 1]);
  }

  // The place among a layer's polygons under a point of the screen; -1 for none.
  placeAt(point, layer) {
    const found = this.map.queryRenderedFeatures(point, { layers: [`${layer}-fill`] });
    return found.length ? found[0].id - 1 : -1;
  }

  // When everything that was asked for is drawn.
  async idle() {
    this.map.triggerRepaint();
    await new Promise((done) => this.map.once("idle", done));
  }
}
