// Plotly's charts, each drawn when it comes near the window, all of them before printing.
"use strict";
(() => {
  const places = [...document.querySelectorAll(".chart")];
  const drawn = new Set();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const look = (layout) => {
    const found = { "font.color": colour("--ink"), paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    for (const key of Object.keys(layout)) {
      if (!/^[xy]axis\d*$/.test(key)) continue;
      found[`${key}.gridcolor`] = colour("--line");
      found[`${key}.linecolor`] = colour("--line");
    }
    return found;
  };
  const draw = (place) => {
    if (drawn.has(place)) return;
    drawn.add(place);
    const figure = nightpanel.data(`${place.id}-data`);
    const layout = { ...figure.layout, autosize: true };
    layout.font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
    for (const axis of ["xaxis", "yaxis"]) layout[axis] ??= {};
    const options = { responsive: true, displaylogo: false, displayModeBar: "hover" };
    Plotly.newPlot(place, figure.data, layout, options).then(() => Plotly.relayout(place, look(layout)));
  };
  nightpanel.drawCharts = () => places.forEach(draw);
  nightpanel.onTheme(() => drawn.forEach((place) => place.layout && Plotly.relayout(place, look(place.layout))));
  window.addEventListener("beforeprint", nightpanel.drawCharts);
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  places.forEach((place) => near.observe(place));
})();
