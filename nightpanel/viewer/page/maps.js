// Two maps that move together; the right one is seen while two years are compared.

import { byId } from "./dom.js";
import { MapView } from "./map_view.js";

export class Maps {
  constructor(about, { onMove, onPoint, onClick, onTrouble }) {
    this.views = { left: new MapView(byId("left"), about), right: new MapView(byId("right"), about) };
    this.comparing = false;
    this.home = true; // nobody has moved the maps: they show all there is
    let moving = false;
    for (const [side, view] of Object.entries(this.views)) {
      const { map } = view;
      map.on("move", () => {
        if (moving) return;
        moving = true;
        const other = this.views[side === "left" ? "right" : "left"].map;
        other.jumpTo({ center: map.getCenter(), zoom: map.getZoom() });
        moving = false;
      });
      map.on("movestart", (event) => {
        if (event.originalEvent) this.home = false;
      });
      map.on("moveend", () => side === "left" && onMove());
      map.on("mousemove", (event) => onPoint(side, event));
      map.on("mouseout", () => onPoint(side, null));
      map.on("click", (event) => onClick(side, event));
      map.on("error", (event) => onTrouble(event.error));
    }
  }

  get shown() {
    return this.comparing ? [this.views.left, this.views.right] : [this.views.left];
  }

  get loaded() {
    return Promise.all(Object.values(this.views).map((view) => view.loaded));
  }

  compare(yes) {
    if (yes === this.comparing) return;
    this.comparing = yes;
    byId("right").hidden = !yes;
    for (const { map } of Object.values(this.views)) map.resize();
    if (this.home) this.views.left.toAll();
    const { left, right } = this.views;
    if (yes) right.map.jumpTo({ center: left.map.getCenter(), zoom: left.map.getZoom() });
  }

  get at() {
    if (this.home) return null;
    const { lng, lat } = this.views.left.map.getCenter();
    return [lng, lat, this.views.left.map.getZoom()];
  }

  goTo([longitude, latitude, zoom]) {
    this.home = false;
    this.views.left.map.jumpTo({ center: [longitude, latitude], zoom });
  }

  fit([west, south, east, north]) {
    this.home = false;
    const box = [[west, south], [east, north]];
    this.views.left.map.fitBounds(box, { padding: 40, maxZoom: 11, animate: false });
  }

  get box() {
    const bounds = this.views.left.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  idle() {
    return Promise.all(this.shown.map((view) => view.idle()));
  }
}
