// Long tables: searched, chosen by columns, a hundred rows at a time.
"use strict";
(() => {
  const PAGE = 100, LONG = 60;
  const start = (box) => {
    const { columns, rows, choose } = nightpanel.data(`${box.id}-data`);
    const search = box.querySelector("input"), selects = [...box.querySelectorAll("select")];
    const body = box.querySelector("tbody"), says = box.querySelector("[role=status]");
    const lower = rows.map((row) => row.join("\u0000").toLowerCase());
    let kept = [], first = 0;
    for (const select of selects) {
      const values = new Set(rows.map((row) => row[Number(select.dataset.column)]));
      for (const value of [...values].sort())
        select.append(nightpanel.element("option", value || "(empty)", { value: `=${value}` }));
    }
    const show = () => {
      body.replaceChildren(...kept.slice(first, first + PAGE).map((at) => {
        const line = nightpanel.element("tr");
        rows[at].forEach((cell) => line.append(nightpanel.element("td", cell, cell.length > LONG ? { class: "long" } : {})));
        return line;
      }));
      const last = Math.min(first + PAGE, kept.length);
      const range = kept.length ? `, ${first + 1} to ${last} shown` : "";
      says.textContent = `${kept.length} of ${rows.length} rows${range}`;
      for (const button of box.querySelectorAll("[data-turn]"))
        button.disabled = button.dataset.turn > 0 ? last >= kept.length : first === 0;
    };
    const filter = () => {
      const wanted = search.value.toLowerCase();
      const chosen = selects.filter((select) => select.value)
        .map((select) => [Number(select.dataset.column), select.value.slice(1)]);
      kept = [];
      rows.forEach((row, at) => {
        if (lower[at].includes(wanted) && chosen.every(([column, value]) => row[column] === value)) kept.push(at);
      });
      first = 0;
      show();
    };
    search.addEventListener("input", filter);
    selects.forEach((select) => select.addEventListener("change", filter));
    for (const button of box.querySelectorAll("[data-turn]"))
      button.addEventListener("click", () => {
        first += PAGE * Number(button.dataset.turn);
        show();
      });
    filter();
  };
  document.querySelectorAll(".records").forEach(start);
})();
