// Values under the pointer. Without this the page still tells everything but them.
for (const svg of document.querySelectorAll("svg.chart")) {
  const figure = svg.closest("figure");
  const source = figure.querySelector("script");
  let lines;
  let tip;
  let cursor;
  const [low, high, left, right, top, bottom] = svg.dataset.plot.split(" ").map(Number);
  const hide = () => {
    tip?.remove();
    cursor?.remove();
    tip = cursor = null;
  };
  const nearest = (xs, x) => {
    let a = 0;
    let b = xs.length - 1;
    while (a < b) {
      const m = (a + b) >> 1;
      if (xs[m] < x) a = m + 1;
      else b = m;
    }
    return a > 0 && x - xs[a - 1] < xs[a] - x ? a - 1 : a;
  };
  const format = (v) =>
    typeof v === "string" ? v
      : v !== 0 && (Math.abs(v) < 1e-4 || Math.abs(v) >= 1e9) ? v.toExponential(3)
      : v.toLocaleString("en", { maximumSignificantDigits: 5 });
  const show = (event) => {
    lines ??= JSON.parse(source.textContent).filter((line) => line.n && line.x.length);
    if (!lines.length) return;
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const px = Math.min(right, Math.max(left, (event.clientX - box.left) * scale));
    const x = low + ((px - left) / (right - left)) * (high - low);
    const close = lines.map((line) => line.x[nearest(line.x, x)]);
    const step = close.reduce((a, b) => (Math.abs(b - x) < Math.abs(a - x) ? b : a));
    const at = left + ((step - low) / (high - low)) * (right - left);
    if (!tip) {
      tip = figure.appendChild(document.createElement("div"));
      tip.className = "tip";
      cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "line"));
      cursor.setAttribute("class", "cursor");
      cursor.setAttribute("y1", top);
      cursor.setAttribute("y2", bottom);
    }
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    tip.replaceChildren();
    const add = (name, text) => {
      const row = tip.appendChild(document.createElement("div"));
      row.append(name);
      row.appendChild(document.createElement("b")).textContent = text;
    };
    add("step ", step.toLocaleString("en"));
    for (const line of lines) {
      add(line.n + " ", format(line.y[nearest(line.x, step)]));
    }
    const frame = figure.getBoundingClientRect();
    const place = box.left - frame.left + at / scale;
    const beside = place + tip.offsetWidth + 20 < frame.width ? place + 10 : place - tip.offsetWidth - 10;
    tip.style.left = Math.max(4, beside) + "px";
    tip.style.top = box.top - frame.top + top / scale + 8 + "px";
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
}
