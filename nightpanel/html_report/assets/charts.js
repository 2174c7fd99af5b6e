// Plotly's charts, each drawn when it comes near the window, all of them before printing.
"use strict";
(() => {
  const places = [...document.querySelectorAll(".chart")];
  const drawn = new Set();
  const NARROW = 560, ALONE = 150;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Paper is white whatever the screen is; its styles hold only after `beforeprint`.
  const PAPER = { "--ink": "#000000", "--line": "#bbbbbb" };
  let onPaper = false;
  const look = (layout) => {
    const of = (name) => (onPaper ? PAPER[name] : colour(name));
    const found = { "font.color": of("--ink"), paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    for (const key of Object.keys(layout)) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      found[`${key}.gridcolor`] = of("--line");
      found[`${key}.linecolor`] = of("--line");
    }
    return found;
  };
  // On a phone small charts stand below each other, and cells of a heat map are too small for text.
  const narrowed = (place, figure) => {
    if (place.clientWidth >= NARROW) return;
    for (const trace of figure.data) delete trace.texttemplate;
    const { grid } = figure.layout;
    if (!grid) return;
    Object.assign(grid, { rows: figure.data.length, columns: 1, ygap: 0.6 });
    place.style.height = `${80 + ALONE * grid.rows}px`;
  };
  const draw = (place) => {
    if (drawn.has(place)) return;
    drawn.add(place);
    const figure = nightpanel.data(`${place.id}-data`);
    narrowed(place, figure);
    const layout = { ...figure.layout, autosize: true };
    layout.font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
    for (const axis of ["xaxis", "yaxis"]) layout[axis] ??= {};
    const options = { responsive: true, displaylogo: false, displayModeBar: "hover" };
    Plotly.newPlot(place, figure.data, layout, options);
    Plotly.relayout(place, look(layout));
  };
  const lookAgain = () => drawn.forEach((place) => place.layout && Plotly.relayout(place, look(place.layout)));
  nightpanel.drawCharts = () => places.forEach(draw);
  nightpanel.onTheme(lookAgain);
  window.addEventListener("beforeprint", () => {
    onPaper = true;
    nightpanel.drawCharts();
    lookAgain();
  });
  window.addEventListener("afterprint", () => {
    onPaper = false;
    lookAgain();
  });
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  places.forEach((place) => near.observe(place));
})();
