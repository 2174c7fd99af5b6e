// Data of the page: JSON elements, and whole numbers packed as `embedded.packed` writes them.
"use strict";
const nightpanel = {};

nightpanel.data = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

nightpanel.unpack = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const numbers = new Float64Array(bytes.reduce((count, byte) => count + (byte < 128), 0));
  let place = 0, value = 0, scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      numbers[place++] = value % 2 ? -(value + 1) / 2 : value / 2;
      value = 0;
      scale = 1;
    }
  }
  return numbers;
};

// A matrix of `embedded.packed_matrix`: value(row, column), NaN where there is none.
nightpanel.matrix = (packed) => {
  const whole = nightpanel.unpack(packed.values), columns = packed.columns;
  for (let row = 0; row < packed.rows; row++)
    for (let at = row * columns + 1; at < (row + 1) * columns; at++) whole[at] += whole[at - 1];
  const factor = 10 ** packed.decimals;
  return {
    rows: packed.rows,
    columns,
    decimals: packed.decimals,
    value: (row, column) => {
      const found = whole[row * columns + column];
      return found === 0 ? NaN : (found - 1) / factor;
    },
  };
};

// Shapes of `drawn_shapes`: an SVG path for each, and its bounds.
nightpanel.shapes = (packed) => {
  const rings = nightpanel.unpack(packed.rings);
  const points = nightpanel.unpack(packed.points);
  const steps = nightpanel.unpack(packed.steps);
  const ringStart = new Uint32Array(rings.length + 1);
  rings.forEach((count, shape) => { ringStart[shape + 1] = ringStart[shape] + count; });
  const pointStart = new Uint32Array(points.length + 1);
  points.forEach((count, ring) => { pointStart[ring + 1] = pointStart[ring] + count; });
  const x = new Int32Array(steps.length / 2), y = new Int32Array(steps.length / 2);
  for (let at = 0; at < x.length; at++) {
    x[at] = (at ? x[at - 1] : 0) + steps[2 * at];
    y[at] = (at ? y[at - 1] : 0) + steps[2 * at + 1];
  }
  const eachRing = (shape, take) => {
    for (let ring = ringStart[shape]; ring < ringStart[shape + 1]; ring++)
      take(pointStart[ring], pointStart[ring + 1]);
  };
  return {
    count: rings.length,
    path: (shape) => {
      const parts = [];
      eachRing(shape, (first, end) => {
        parts.push("M", x[first], " ", y[first]);
        for (let at = first + 1; at < end; at++) parts.push("L", x[at], " ", y[at]);
        parts.push("Z");
      });
      return parts.join("");
    },
    bounds: (shapes) => {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const shape of shapes)
        eachRing(shape, (first, end) => {
          for (let at = first; at < end; at++) {
            box[0] = Math.min(box[0], x[at]);
            box[1] = Math.min(box[1], y[at]);
            box[2] = Math.max(box[2], x[at]);
            box[3] = Math.max(box[3], y[at]);
          }
        });
      return box;
    },
  };
};
