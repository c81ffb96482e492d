// Browse: the table of all trusts, filtered and sorted. The table is in the page; this hides, orders and counts its rows.
(() => {
  const { $, download, el, read, shown, views } = explorer;
  const table = document.querySelector("table[data-name=browse]");
  const { columns, rows } = read(table);
  const lines = rows.map((row, place) => ({ row, line: table.tBodies[0].rows[place] }));
  const place = (name) => columns.findIndex(([column]) => column === name);
  const filters = ["region", "icb", "organisation_type", "programme_role", "epr_supplier", "epr_group"].map((name) =>
    ({ name, place: place(name), label: columns[place(name)][1], kind: columns[place(name)][2] }));
  const compare = (one, other) => String(one).localeCompare(String(other), "en-GB", { numeric: true });
  let state = new URLSearchParams();

  for (const { row, line } of lines) {
    const [first] = line.cells;
    if (!first.querySelector("a")) first.replaceChildren(el("a", { href: `#trust/${row[1]}` }, ...first.childNodes));
  }

  const kept = (row, without) =>
    filters.every(({ name, place: at }) => name === without || !state.get(name) || row[at] === state.get(name)) &&
    (state.get("name") || "").toUpperCase().split(" ").every((part) => `${row[0]} ${row[1]}`.toUpperCase().includes(part));

  // --- what can be chosen

  const text = el("input", { id: "browse-name", type: "search", autocomplete: "off", spellcheck: "false" });
  const selects = filters.map(({ name, label }) => ({ name, label, select: el("select", { id: `browse-${name}` }) }));
  const clear = el("button", { type: "button" }, "Show all");
  $("filters").append(
    el("div", {}, el("label", { for: text.id }, "Name or code"), text),
    ...selects.map(({ label, select }) => el("div", {}, el("label", { for: select.id }, label), select)),
    el("div", { class: "end" }, clear));
  $("filters").hidden = false;

  function options({ name, place: at, kind }, select) {
    const counts = new Map(rows.map((row) => [row[at], 0]));
    for (const row of rows) if (kept(row, name)) counts.set(row[at], counts.get(row[at]) + 1);
    const found = [...counts].sort(([one], [other]) => compare(one, other));
    select.replaceChildren(el("option", { value: "" }, "All"), ...found.map(([value, count]) =>
      el("option", { value, ...(!count && value !== state.get(name) && { disabled: "" }) }, `${shown(value, kind)} (${count})`)));
    select.value = state.get(name) || "";
  }

  // --- what is shown

  function sorted() {
    const order = state.get("sort") || "org_name";
    const name = order.replace(/^-/, "");
    const at = Math.max(place(name), 0);
    const found = [...lines].sort((a, b) => compare(a.row[at], b.row[at]) * (order === name ? 1 : -1) || compare(a.row[0], b.row[0]));
    return { found, name: columns[at][0], way: order === name ? "ascending" : "descending" };
  }

  function draw() {
    const { found, name, way } = sorted();
    for (const { row, line } of found) line.hidden = !kept(row);
    table.tBodies[0].append(...found.map(({ line }) => line));
    for (const head of table.tHead.rows[0].cells) {
      if (head.dataset.name === name) head.setAttribute("aria-sort", way);
      else head.removeAttribute("aria-sort");
    }
    filters.forEach((filter, at) => options(filter, selects[at].select));
    if (document.activeElement !== text) text.value = state.get("name") || "";
    const seen = found.map(({ row }) => row).filter((row) => kept(row));
    const filtered = seen.length < rows.length;
    $("browse-count").textContent = `${seen.length} of ${rows.length} trusts shown.`;
    clear.disabled = !filtered;
    const caption = filtered ? "the trusts shown" : "all trusts of today";
    $("browse-download").replaceChildren(download("trusts", caption, columns.map(([column]) => column), seen));
  }

  function change(name, value) {
    if (value) state.set(name, value);
    else state.delete(name);
    keep();
  }

  function keep() {
    const chosen = state.toString();
    history.replaceState(null, "", chosen ? `#browse/${chosen}` : "#browse");
    draw();
  }

  for (const head of table.tHead.rows[0].cells) {
    const button = el("button", { type: "button", class: "sort" }, head.textContent);
    button.addEventListener("click", () =>
      change("sort", (head.getAttribute("aria-sort") === "ascending" ? "-" : "") + head.dataset.name));
    head.replaceChildren(button);
  }
  for (const { name, select } of selects) select.addEventListener("change", () => change(name, select.value));
  text.addEventListener("input", () => change("name", text.value.trim()));
  clear.addEventListener("click", () => {
    const order = state.get("sort");
    state = new URLSearchParams(order ? { sort: order } : {});
    text.value = "";
    keep();
    text.focus();
  });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  // The download of the whole table, which every table has, gives way to that of the rows shown.
  table.parentElement.nextElementSibling?.remove();

  explorer.today = new Map(rows.map((row) => [row[1], Object.fromEntries(row.map((value, at) => [columns[at][0], shown(value, columns[at][2])]))]));
  explorer.facts = columns.slice(2);
  views.browse = (chosen) => {
    state = new URLSearchParams(chosen);
    draw();
  };
})();
