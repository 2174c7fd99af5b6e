// Two small charts as SVG: a path over years with its interval, and Lorenz curves.

import { drawn } from "./dom.js";

const WIDTH = 320;
const HEIGHT = 170;
const LEFT = 34;
const BOTTOM = 20;
const TOP = 8;

// As few decimals as tell the ends of an axis apart, two at least.
function ends(least, most) {
  for (let places = 2; places < 8; places += 1) {
    const texts = [least.toFixed(places), most.toFixed(places)];
    if (texts[0] !== texts[1] || least === most) return texts;
  }
  return [`${least}`, `${most}`];
}

// Stretches of neighbouring years that all have a number: a year without one interrupts the line.
function stretches(years, columns) {
  const found = [[]];
  years.forEach((year, i) => {
    const whole = columns.every((column) => column[i] !== null && column[i] !== undefined);
    const apart = i > 0 && year - years[i - 1] > 1;
    if ((apart || !whole) && found.at(-1).length) found.push([]);
    if (whole) found.at(-1).push(i);
  });
  return found.filter((one) => one.length);
}

const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function frame(title, xTicks, yTicks) {
  const lines = [
    drawn("path", { class: "axis", d: `M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 4}` }),
    ...xTicks.map(([x, text]) => drawn("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, text)),
    ...yTicks.map(([y, text]) => drawn("text", { x: LEFT - 4, y: y + 3, "text-anchor": "end" }, text)),
  ];
  return drawn(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title },
    ...lines,
  );
}

export function pathChart(title, years, values, lows, highs) {
  const known = [...values, ...(lows ?? []), ...(highs ?? [])].filter((one) => one !== null);
  if (!known.length) return null;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = most - least || 1;
  const years0 = years[0];
  const range = years.at(-1) - years0 || 1;
  const x = (year) => LEFT + 8 + ((year - years0) / range) * (WIDTH - LEFT - 24);
  const y = (value) => TOP + (1 - (value - least) / span) * (HEIGHT - TOP - BOTTOM - 6);
  const at = (column, i) => [x(years[i]), y(column[i])];
  const [low, high] = ends(least, most);
  const chart = frame(
    title,
    [...new Set([years0, years.at(-1)])].map((year) => [x(year), `${year}`]),
    least === most ? [[y(least), low]] : [[y(least), low], [y(most), high]],
  );
  for (const run of lows && highs ? stretches(years, [lows, highs]) : []) {
    const band = [...run.map((i) => at(highs, i)), ...run.map((i) => at(lows, i)).reverse()];
    if (run.length > 1) chart.append(drawn("path", { class: "band", d: `${path(band)}Z` }));
  }
  for (const run of stretches(years, [values])) {
    const points = run.map((i) => at(values, i));
    chart.append(drawn("path", { class: "first", d: path(points) }));
    for (const [cx, cy] of points) chart.append(drawn("circle", { class: "dot", cx, cy, r: 2.5 }));
  }
  return chart;
}

export function lorenzChart(title, curves) {
  const size = HEIGHT - TOP - BOTTOM;
  const x = (share) => LEFT + share * size;
  const y = (share) => TOP + (1 - share) * size;
  const ticks = [0, 0.5, 1];
  const chart = frame(title, ticks.map((one) => [x(one), `${one}`]), ticks.map((one) => [y(one), `${one}`]));
  chart.append(drawn("path", { class: "even", d: path([[x(0), y(0)], [x(1), y(1)]]) }));
  const classes = ["first", "second"];
  curves.forEach(([label, curve], place) => {
    const points = curve.units
      .map((units, i) => [units, curve.light[i]])
      .filter(([, light]) => light !== null)
      .map(([units, light]) => [x(units), y(light)]);
    if (!points.length) return;
    const middle = TOP + 30 + 18 * place;
    chart.append(
      drawn("path", { class: classes[place], d: path(points) }),
      drawn("path", { class: classes[place], d: `M${x(1) + 14} ${middle}h24` }),
      drawn("text", { x: x(1) + 44, y: middle + 3 }, label),
    );
  });
  return chart;
}
