// Sorting, and the PTX of a line of the source. Without this the page still tells everything.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const isNumber = (i) => [...body.rows].some((row) => row.cells[i]?.dataset.v);
  const value = (row, i, numeric) => {
    const cell = row.cells[i];
    if (!numeric) return cell.textContent;
    return cell.dataset.v === undefined ? NaN : Number(cell.dataset.v);
  };
  heads.forEach((head, i) => {
    const numeric = isNumber(i);
    head.classList.toggle("number", numeric);
    head.tabIndex = 0;
    const sort = () => {
      const down = head.getAttribute("aria-sort") === "descending" || (!head.hasAttribute("aria-sort") && !numeric);
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "ascending" : "descending");
      const sign = down ? 1 : -1;
      const rows = [...body.rows].sort((a, b) => {
        const x = value(a, i, numeric);
        const y = value(b, i, numeric);
        if (!numeric) return sign * x.localeCompare(y, "en", { numeric: true });
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
        return sign * (x - y);
      });
      body.append(...rows);
    };
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => event.key === "Enter" && sort());
  });
}
for (const panes of document.querySelectorAll(".panes")) {
  const [source, ptx] = panes.children;
  const mark = (line, to) => {
    for (const row of panes.querySelectorAll("tr.on")) row.classList.remove("on");
    const same = panes.querySelectorAll(`tr[data-s="${line}"]`);
    for (const row of same) row.classList.add("on");
    const first = to.querySelector(`tr[data-s="${line}"]`);
    if (first) to.scrollTop = first.offsetTop - to.clientHeight / 3;
  };
  for (const [from, to] of [[source, ptx], [ptx, source]]) {
    from.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-s]");
      if (!row) return;
      event.preventDefault();
      mark(row.dataset.s, to);
    });
  }
}
