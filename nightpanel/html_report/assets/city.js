// A city of the map: its units by light, Lorenz curve, Gini by year, brightest and darkest.
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const ENDS = 5, WIDTH = 320, HEIGHT = 220, LEFT = 44, LOW = 26, TOP = 8, RIGHT = 8;
  const RAMP = ["#0d0887", "#5b02a3", "#9a179b", "#cb4678", "#eb7852", "#fbb32f", "#f0f921"];
  let starts = null, shapes = null;

  const unitsOf = (data, city) => {
    if (!starts) {
      starts = [0];
      data.units.counts.forEach((count) => starts.push(starts[starts.length - 1] + count));
    }
    return Array.from({ length: starts[city + 1] - starts[city] }, (_, k) => starts[city] + k);
  };
  const digits = (value, places) => (Number.isNaN(value) ? "no value" : value.toFixed(places));
  // Light as far as the page keeps it, four significant digits, three decimals where they are enough.
  const lightOf = (value, kept) => {
    if (Number.isNaN(value)) return "no value";
    const size = value > 0 ? Math.floor(Math.log10(value)) : 0;
    return value.toFixed(Math.min(kept, Math.max(3, 3 - size)));
  };

  // Shares of light of the darkest units, as `geo.lorenz.lorenz_curve` has them.
  nightpanel.lorenz = (light) => {
    const sorted = Float64Array.from(light.filter((one) => !Number.isNaN(one))).sort();
    const total = sorted.reduce((sum, one) => sum + one, 0);
    let summed = 0;
    return [[0, 0], ...[...sorted].map((one, k) => [(k + 1) / sorted.length, (summed += one) / total])];
  };

  const frame = (says) => nightpanel.svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img", "aria-label": says,
  });
  const across = (share) => LEFT + share * (WIDTH - LEFT - RIGHT);
  const down = (share) => HEIGHT - LOW - share * (HEIGHT - LOW - TOP);
  const axes = (svg, xs, ys) => {
    for (const [share, text] of xs) svg.append(nightpanel.svg("text", { x: across(share), y: HEIGHT - 8, "text-anchor": share === 1 ? "end" : share === 0 ? "start" : "middle" }, text));
    for (const [share, text] of ys) {
      svg.append(nightpanel.svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: down(share), y2: down(share), class: "axis" }));
      svg.append(nightpanel.svg("text", { x: LEFT - 5, y: down(share) + 4, "text-anchor": "end" }, text));
    }
  };
  const way = (points) => points.map(([x, y], k) => `${k ? "L" : "M"}${across(x).toFixed(1)} ${down(y).toFixed(1)}`).join("");

  const drawLorenz = (light, gini) => {
    const points = nightpanel.lorenz(light);
    if (points.some(([, y]) => Number.isNaN(y))) {
      find("city-lorenz").replaceChildren(nightpanel.element("p", "No light to share.", { class: "small" }));
      return;
    }
    const after = points.findIndex(([x]) => x >= 0.5), [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
    const half = y0 + ((y1 - y0) * (0.5 - x0)) / (x1 - x0);
    const says = `Lorenz curve of ${points.length - 1} units: the darker half has ${(100 * half).toFixed(1)} % of the light; Gini ${digits(gini, 4)}`;
    const svg = frame(says), marks = [[0, "0"], [0.5, "50 %"], [1, "100 %"]];
    axes(svg, marks, marks);
    svg.append(nightpanel.svg("line", { x1: across(0), y1: down(0), x2: across(1), y2: down(1), class: "even" }));
    svg.append(nightpanel.svg("path", { d: way(points), class: "curve" }));
    find("city-lorenz").replaceChildren(svg);
  };

  const drawPath = (now, city, at) => {
    const row = (matrix) => now.years.map((_, k) => matrix.value(city, k));
    const gini = row(now.gini), low = row(now.gini_low), high = row(now.gini_high);
    const known = [...gini, ...low, ...high].filter((one) => !Number.isNaN(one));
    if (!known.length) {
      find("city-path").replaceChildren(nightpanel.element("p", "No year has a Gini.", { class: "small" }));
      return;
    }
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const share = (value) => (value - least) / (most - least || 1);
    const [first, last] = [now.years[0], now.years[now.years.length - 1]];
    const x = (k) => (now.years[k] - first) / (last - first || 1);
    const svg = frame(`Gini by year from ${first} to ${last}, between ${least.toFixed(3)} and ${most.toFixed(3)} with its interval`);
    axes(svg, first === last ? [[0, first]] : [[0, first], [1, last]], [[0, least.toFixed(3)], [1, most.toFixed(3)]]);
    let run = [];
    const close = () => {
      if (run.length > 1) {
        const band = [...run.map((k) => [x(k), share(high[k])]), ...[...run].reverse().map((k) => [x(k), share(low[k])])];
        if (band.every(([, y]) => !Number.isNaN(y))) svg.append(nightpanel.svg("path", { d: `${way(band)}Z`, class: "interval" }));
        svg.append(nightpanel.svg("path", { d: way(run.map((k) => [x(k), share(gini[k])])), class: "curve" }));
      } else if (run.length) {
        svg.append(nightpanel.svg("circle", { cx: across(x(run[0])), cy: down(share(gini[run[0]])), r: 2.5, class: "lone" }));
      }
      run = [];
    };
    // A year that is not there, or has no Gini, interrupts the path.
    gini.forEach((value, k) => {
      if (Number.isNaN(value) || (k && now.years[k] - now.years[k - 1] > 1)) close();
      if (!Number.isNaN(value)) run.push(k);
    });
    close();
    if (!Number.isNaN(gini[at])) svg.append(nightpanel.svg("circle", { cx: across(x(at)), cy: down(share(gini[at])), r: 4, class: "now" }));
    find("city-path").replaceChildren(svg);
    fill("city-years", now.years.map((year, k) => [year, ...[gini, low, high].map((of) => digits(of[k], 4)), digits(now.n_units.value(city, k), 0)]), [1, 2, 3, 4]);
  };

  const drawUnits = (data, units, light, kept) => {
    shapes ??= nightpanel.shapes(data.units);
    const [left, upper, right, lower] = shapes.bounds(units);
    if (!Number.isFinite(left)) {
      find("city-units").replaceChildren(nightpanel.element("p", "No shapes of units.", { class: "small" }));
      return;
    }
    const order = light.map((value, k) => [value, k]).filter(([value]) => !Number.isNaN(value)).sort((a, b) => a[0] - b[0]);
    const colours = new Array(units.length).fill("var(--none)");
    order.forEach(([, k], rank) => { colours[k] = RAMP[Math.floor((rank * RAMP.length) / order.length)]; });
    const pad = Math.max(right - left, lower - upper, 1) / 50;
    const svg = nightpanel.svg("svg", {
      viewBox: `${left - pad} ${upper - pad} ${right - left + 2 * pad} ${lower - upper + 2 * pad}`, class: "units", role: "img",
      "aria-label": `Map of ${units.length} units, the brighter the lighter; the tables below name the ends`,
    });
    units.forEach((unit, k) => {
      const path = nightpanel.svg("path", { d: shapes.path(unit), "fill-rule": "evenodd", fill: colours[k] });
      path.style.fill = colours[k];
      path.append(nightpanel.svg("title", {}, `${data.units.names[unit]}: ${lightOf(light[k], kept)}`));
      svg.append(path);
    });
    find("city-units").replaceChildren(svg);
  };

  const fill = (id, rows, numbers) => {
    find(id).tBodies[0].replaceChildren(...rows.map((row) => {
      const line = nightpanel.element("tr");
      row.forEach((cell, k) => line.append(nightpanel.element("td", String(cell), numbers.includes(k) ? { class: "number" } : {})));
      return line;
    }));
  };

  nightpanel.showCity = (data, now, city, at, name) => {
    const units = unitsOf(data, city), light = units.map((unit) => now.light.value(unit, at));
    const gini = now.gini.value(city, at);
    const [low, high] = [now.gini_low.value(city, at), now.gini_high.value(city, at)];
    find("city-name").textContent = `${name}, ${now.years[at]}`;
    const interval = Number.isNaN(low) ? "" : `, interval ${digits(low, 4)} to ${digits(high, 4)}`;
    find("city-says").textContent = `Gini of light ${digits(gini, 4)}${interval}; ${light.filter((one) => !Number.isNaN(one)).length} units with light (${now.name}).`;
    drawUnits(data, units, light, now.light.decimals);
    drawLorenz(light, gini);
    drawPath(now, city, at);
    const ranked = units.map((unit, k) => [data.units.names[unit], light[k]]).filter(([, value]) => !Number.isNaN(value)).sort((a, b) => b[1] - a[1]);
    const named = (rows) => rows.map(([unit, value]) => [unit, lightOf(value, now.light.decimals)]);
    fill("city-top", named(ranked.slice(0, ENDS)), [1]);
    fill("city-bottom", named(ranked.slice(-ENDS).reverse()), [1]);
  };
})();
