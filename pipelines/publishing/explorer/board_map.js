// The map of boards: hexagons coloured by a measure, read from tables of the page, with its number in each and a table beside.
(() => {
  const { $, data, download, el, read, shown, tools, views } = explorer;
  const { bands, boards, colours, today, measures } = data.map;
  const WIDTH = 100;
  const HEIGHT = (WIDTH * 2) / Math.sqrt(3);
  const SVG = "http://www.w3.org/2000/svg";
  const TOTAL = "";
  const shares = [0.2, 0.4, 0.6, 0.8];

  function draw(tag, attributes = {}, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const tables = Object.fromEntries(["boards", "boards_today"].map((name) => {
    const { columns, rows } = read(document.querySelector(`table[data-name=${name}]`));
    const named = rows.map((row) => Object.fromEntries(row.map((value, place) => [columns[place][0], value])));
    return [name, { columns, rows: named }];
  }));
  const regions = new Map(tables.boards.rows.map((row) => [row.icb_code, row.region]));
  for (const row of tables.boards_today.rows) if (!regions.has(row.icb_code)) regions.set(row.icb_code, row.region);

  // --- what the map is about: a measure, of boards or of regions

  let [measure, by, chosen] = [measures[0], "boards", ""];

  const owner = (code) => by === "regions" ? regions.get(code) : measure.table === "boards" ? code : today[code];
  const rowOf = new Map();
  function places() {
    const rows = tables[measure.table].rows.filter((row) => (row.icb_code === TOTAL) === (by === "regions"));
    rowOf.clear();
    for (const row of rows) rowOf.set(by === "regions" ? row.region : row.icb_code, row);
    return [...rowOf].map(([key, row]) => ({ key, row, name: by === "regions" ? row.region : row.place, ...valueOf(row) }));
  }

  function valueOf(row) {
    const number = row?.[measure.key];
    if (number === undefined || number === "") return { text: "\u2013", band: 0, number: null };
    if (measure.table === "boards") return { text: number.toFixed(2), number, band: 1 + bands.filter((limit) => number >= limit).length };
    if (!measure.of) return { text: String(number), number, band: 1 + Math.min(4, Math.floor(number / step())) };
    const of = row[measure.of];
    if (!of) return { text: "\u2013", band: 0, number: null };
    return { text: `${number}/${of}`, number: number / of, band: 1 + shares.filter((limit) => number / of >= limit).length };
  }

  function step() {
    const rows = tables[measure.table].rows.filter((row) => (row.icb_code === TOTAL) === (by === "regions"));
    return Math.max(1, Math.ceil(Math.max(...rows.map((row) => row[measure.key])) / 5));
  }

  const ranges = (limits) => [`below ${limits[0]}`, ...limits.slice(1).map((limit, place) => `${limits[place]} to ${limit}`), `${limits.at(-1)} and more`];

  function legend() {
    if (measure.table === "boards") return ranges(bands.map((limit) => limit.toFixed(2)));
    if (measure.of) return ranges(shares.map((limit) => `${100 * limit}%`));
    return [0, 1, 2, 3, 4].map((band) => band < 4 ? `${band * step()} to ${(band + 1) * step() - 1}` : `${band * step()} and more`);
  }

  // --- the drawing

  const corners = [[0, -0.5], [0.5, -0.25], [0.5, 0.25], [0, 0.5], [-0.5, 0.25], [-0.5, -0.25]];
  const centre = ([x, y]) => [(x * WIDTH) / 2, y * HEIGHT * 0.75];
  const around = ([x, y]) => [[x + 1, y - 1], [x + 2, y], [x + 1, y + 1], [x - 1, y + 1], [x - 2, y], [x - 1, y - 1]];
  const at = new Map(Object.entries(boards).map(([code, [x, y]]) => [`${x} ${y}`, code]));
  const corner = ([x, y], place) => {
    const [cx, cy] = centre([x, y]);
    const [dx, dy] = corners[place % 6];
    return `${(cx + dx * WIDTH).toFixed(1)},${(cy + dy * HEIGHT).toFixed(1)}`;
  };

  const middle = (numbers) => {
    const sorted = [...numbers].sort((a, b) => a - b);
    return [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  };

  function shape(place) {
    const hexes = Object.entries(boards).filter(([code]) => owner(code) === place.key);
    const edges = hexes.flatMap(([, cell]) => around(cell).map((beside, side) =>
      owner(at.get(beside.join(" "))) === place.key ? "" : `M${corner(cell, side)}L${corner(cell, side + 1)}`));
    const row = middle(hexes.map(([, cell]) => cell[1]))[0];
    const across = middle(hexes.filter(([, cell]) => cell[1] === row).map(([, cell]) => cell[0]));
    const [x, y] = centre([(across[0] + across[1]) / 2, row]);
    const label = by === "regions" ? place.key : boards[place.key]?.[2] || place.key;
    const names = label.length > 12 ? label.replace(/^(.{6,}?) /, "$1|").split("|") : [label];
    return draw("g", { class: `place band-${place.band}`, role: "option", tabindex: "-1", "aria-selected": "false",
      "data-key": place.key, "data-x": x, "data-y": y, "aria-label": `${place.name}: ${place.text}` },
    draw("path", { class: "ground", d: hexes.map(([, cell]) => `M${[0, 1, 2, 3, 4, 5].map((side) => corner(cell, side)).join("L")}Z`).join("") }),
    draw("path", { class: "edge", d: edges.join("") }),
    ...names.map((name, line) => draw("text", { class: "name", x, y: y - 14 - 20 * (names.length - 1 - line) }, name)),
    draw("text", { class: "score", x, y: y + 22 }, place.text));
  }

  function detail(key) {
    const { columns } = tables[measure.table];
    const row = rowOf.get(key);
    const skip = new Set(["place", "region", "icb_code"]);
    const title = by === "regions" ? key : [row.place, row.place === row.icb_code ? "name not held" : row.icb_code];
    const codes = measure.table === "boards_today" && by === "boards";
    const about = columns.filter(([name]) => !skip.has(name) && (codes || name !== "icb_gss_code"));
    const value = ([name, , kind]) => shown(row[name] === "" ? null : row[name], kind);
    const board = [...explorer.today.values()].find((trust) => trust.icb.split(/[ ()]/).includes(key))?.icb;
    const filter = new URLSearchParams(by === "regions" ? { region: key } : { icb: board });
    const ended = by === "boards" && key in today && today[key] !== key;
    $("map-detail").replaceChildren(el("h3", {}, Array.isArray(title) ? `${title[0]} (${title[1]})` : title),
      ...(by === "boards" ? [el("p", { class: "quiet" }, row.region)] : []),
      el("dl", { class: "pairs" }, ...about.flatMap((column) => [el("dt", {}, column[1]), el("dd", {}, value(column))])),
      ...(ended ? [el("p", {}, "This board ended on 31 March 2026.")] :
        by === "regions" || board ? [el("p", {}, el("a", { href: `#browse/${filter}` }, "Trusts with headquarters here today"))] : []));
  }

  function choose(group) {
    for (const one of group.parentNode.querySelectorAll(".place")) {
      one.setAttribute("tabindex", one === group ? "0" : "-1");
      one.setAttribute("aria-selected", one === group ? "true" : "false");
    }
    group.parentNode.querySelector(".ring").setAttribute("d", group.querySelector(".edge").getAttribute("d"));
    chosen = group.dataset.key;
    detail(chosen);
  }

  // The next place in the direction of an arrow: near, and more ahead than aside.
  function next(group, [dx, dy]) {
    const from = [Number(group.dataset.x), Number(group.dataset.y)];
    const ahead = [...group.parentNode.querySelectorAll(".place")].map((one) => {
      const [x, y] = [Number(one.dataset.x) - from[0], Number(one.dataset.y) - from[1]];
      return { one, on: x * dx + y * dy, off: Math.abs(x * dy) + Math.abs(y * dx) };
    }).filter(({ on, off }) => on > 1 && off <= on * 2);
    return ahead.sort((a, b) => a.on + a.off - b.on - b.off)[0]?.one;
  }

  function move(event) {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    next(event.target, way)?.focus();
  }

  // The map as a picture that stands alone: in the light colours, under its title, over its legend and where it is from.
  function picture({ title, by: origin }, type) {
    const [width, height, top] = [820, 7.5 * HEIGHT + 140, 60];
    const shift = (path) => path.replaceAll(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) => `${(x - 40).toFixed(1)},${(Number(y) + 70 + top).toFixed(1)}`);
    const first = { text: title, size: 18, bold: true, fill: colours.text };
    const lines = origin.flatMap((text) => text.split(/(?<=; )/)).map((text) => ({ text, size: 13, fill: colours.quiet }));
    const hexagons = [...$("map-drawing").querySelectorAll(".place")].flatMap((group) => {
      const band = Number(/band-(\d)/.exec(group.getAttribute("class"))[1]);
      const ink = band > 3 ? colours.white : colours.text;
      const texts = [...group.querySelectorAll("text")].map((one) => ({ text: one.textContent, x: one.getAttribute("x") - 40, y: Number(one.getAttribute("y")) + 70 + top,
        anchor: "middle", fill: ink, ...(one.matches(".score") ? { size: 30, bold: true } : { size: 19 }) }));
      const of = (part) => shift(group.querySelector(part).getAttribute("d"));
      return [{ d: of(".ground"), fill: band ? colours[`band-${band}`] : colours.white }, { d: of(".edge"), stroke: ink }, ...texts];
    });
    const under = top + height;
    const keys = legend().flatMap((text, place) => {
      const x = 16 + place * 158;
      return [{ d: `M${x},${under}h24v16h-24Z`, fill: colours[`band-${place + 1}`], stroke: colours.text }, { text, size: 13, fill: colours.text, x: x + 32, y: under + 13 }];
    });
    const below = lines.map((line, place) => ({ ...line, x: 16, y: under + 48 + 20 * place }));
    return figures.painted([{ ...first, x: 16, y: 32 }, ...hexagons, ...keys, ...below], [width, Math.ceil(under + 40 + 20 * lines.length)], type);
  }

  function show() {
    const found = places();
    const onMap = found.filter(({ key: of }) => Object.keys(boards).some((code) => owner(code) === of));
    const label = `${measure.label}, by ${by === "regions" ? "region" : measure.table === "boards" ? "board of the assessment" : "board of today"}`;
    const svg = draw("svg", { viewBox: `40 -70 820 ${(7.5 * HEIGHT + 140).toFixed(0)}`, role: "listbox", "aria-label": `Map: ${label}` },
      ...onMap.map(shape), draw("path", { class: "ring", "aria-hidden": "true" }));
    const keys = legend().map((text, place) => el("li", { class: `band-${place + 1}` }, text));
    const about = { title: label, sources: measure.sources, part: `map/${measure.key}/${by}` };
    $("map-drawing").replaceChildren(svg, el("ul", { class: "legend", "aria-label": "Colours" }, ...keys));
    $("map-tools").replaceChildren(tools("map", about, picture));
    const again = [...svg.querySelectorAll(".place")].find((one) => one.dataset.key === chosen);
    if (again) choose(again);
    else {
      svg.querySelector(".place")?.setAttribute("tabindex", "0");
      $("map-detail").replaceChildren(el("p", { class: "quiet" }, "Select a board or region to see its figures: click it, or use Tab and the arrow keys."));
    }
    const rows = found.map(({ name, row, text, number }) => ({ cells: [name, ...(by === "regions" ? [] : [row.region]), text], number, row }));
    const heads = by === "regions" ? ["Region", measure.label] : ["Board", "Region", measure.label];
    const table = el("table", { "data-name": "map" }, el("caption", {}, label),
      el("thead", {}, el("tr", {}, ...heads.map((text, place) => el("th", { scope: "col", ...(place === heads.length - 1 && { class: "number" }) }, text)))),
      el("tbody", {}, ...rows.map(({ cells }) => el("tr", {}, ...cells.map((text, place) =>
        place ? el("td", place === cells.length - 1 ? { class: "number" } : {}, text) : el("th", { scope: "row" }, text))))));
    const names = ["place", "region", "icb_code", measure.key, ...(measure.of ? [measure.of] : [])];
    $("map-table").replaceChildren(el("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, table),
      download(`map_${measure.key}`, label, names, rows.map(({ row }) => names.map((name) => row[name] === "" ? null : row[name]))));
  }

  // --- what can be chosen

  const count = (table) => tables[table].rows.filter((row) => row.icb_code !== TOTAL).length;
  const select = el("select", { id: "map-measure" }, ...[["boards", "Boards at the time of the assessment"], ["boards_today", "Boards of today"]].map(([table, label]) =>
    el("optgroup", { label: `${label} (${count(table)})` }, ...measures.filter((one) => one.table === table).map((one) => el("option", { value: one.key }, one.label)))));
  const radios = ["boards", "regions"].map((value) => el("input", { type: "radio", name: "map-by", id: `map-by-${value}`, value }));
  $("map-choice").append(el("div", {}, el("label", { for: select.id }, "Measure"), select),
    el("fieldset", {}, el("legend", {}, "By"), ...radios.map((radio) => el("label", { for: radio.id }, radio, ` ${radio.value}`))));
  $("map-choice").hidden = false;
  $("map-choice").addEventListener("submit", (event) => event.preventDefault());
  $("map-choice").addEventListener("change", () => {
    measure = measures.find((one) => one.key === select.value);
    by = radios.find((radio) => radio.checked).value;
    history.replaceState(null, "", `#map/${measure.key}/${by}`);
    show();
  });

  // A drawing that listens itself would be a stop of its own for the keyboard.
  $("map-drawing").addEventListener("keydown", move);
  $("map-drawing").addEventListener("focusin", (event) => choose(event.target));

  views.map = (chosen) => {
    const [name, kind] = chosen.split("/");
    measure = measures.find((one) => one.key === name) || measures[0];
    by = kind === "regions" ? "regions" : "boards";
    select.value = measure.key;
    for (const radio of radios) radio.checked = radio.value === by;
    show();
  };
})();
