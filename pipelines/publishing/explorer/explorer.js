"use strict";
// Search, pages of trusts, charts and downloads. Text is only ever set as text: nothing of the data becomes markup.
// The scripts that follow this one use what `explorer` offers, and add the parts of the page that they fill to `views`.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const trusts = new Map(data.trusts.map(([code, name, current, closed, opened, form, region, icb]) =>
    [code, { code, name, current, closed, opened, form, region, icb }]));
  const ways = new Map();
  for (const way of data.ways) ways.set(way[0], [...(ways.get(way[0]) || []), way]);

  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const unpacked = ({ rows, texts }) => rows.map((row) =>
    row.map((value, place) => value === null || !texts[place].length ? value : texts[place][value]));
  for (const section of data.sections) {
    section.rows = unpacked(section);
    section.readFrom = new Map(section.rows.map((row, place) => [row, section.origins[place]]));
  }
  const { attach, details } = rowOrigins({ files: unpacked(data.origins.files), places: data.origins.places }, el);
  const publisherOf = new Map(Object.entries(data.status).map(([source, [title, , publisher]]) => [source, `${title} (${publisher})`]));

  const words = (text) => text.replaceAll("_", " ");
  const capitals = (text) => text.replace(/\b(cqc|dma|emram|epr|gbp|gde|icb)\b/g, (part) => part.toUpperCase());
  // The names of tables, columns and settings in a text are code.
  const coded = (text) => text.split(/(\w*_\w*)/).map((part, place) => place % 2 ? el("code", {}, part) : part);

  // --- values, tables and downloads

  const isNumber = (kind) => ["score", "money", "whole", "figure"].includes(kind);
  const look = (kind) => isNumber(kind) ? "number" : kind;

  function shown(value, kind) {
    if (value === null || value === "") return "\u2013";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (kind === "score") return value.toFixed(2);
    if (kind === "money" || kind === "whole") return value.toLocaleString("en-GB");
    if (kind === "figure") return value.toLocaleString("en-GB", { maximumFractionDigits: 2 });
    if (kind === "link") return value.split("/")[2];
    if (kind === "status") return data.symbols[value] ? `[${value}] ${data.symbols[value]}` : value;
    return kind === "word" ? capitals(words(value)) : String(value);
  }

  function cell(tag, value, kind) {
    const attributes = { class: look(kind), ...(tag === "th" && { scope: "row" }) };
    if (kind !== "link" || !value) return el(tag, attributes, ...coded(shown(value, kind)));
    return el(tag, attributes, el("a", { href: value, rel: "noopener noreferrer" }, shown(value, kind)));
  }

  // Make the name of a trust of today a link to its page, unless that is the page it stands on.
  function linkName(names, cells, here) {
    const code = cells[names.indexOf("org_code")]?.textContent;
    const name = cells[names.indexOf("org_name")];
    if (!name || code === here || !trusts.get(code)?.current) return;
    name.replaceChildren(el("a", { href: `#trust/${code}` }, ...name.childNodes));
  }

  function tableOf(name, caption, columns, rows, here) {
    const names = columns.map(([column]) => column);
    const blank = columns.map((_, place) => rows.every((row) => row[place] === null || row[place] === ""));
    const head = columns.map(([, label, kind], place) => el("th", { scope: "col", class: `${look(kind)}${blank[place] ? " blank" : ""}` }, label));
    const body = rows.map((row) => {
      const cells = row.map((value, place) => cell(place ? "td" : "th", value, columns[place][2]));
      cells.forEach((one, place) => one.classList.toggle("blank", blank[place]));
      linkName(names, cells, here);
      return el("tr", {}, ...cells);
    });
    const table = el("table", { "data-name": name }, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...body));
    const box = el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, table);
    return [box, download(name, caption, names, rows)];
  }

  function csv(names, rows) {
    const quoted = (value) => {
      const text = value === null ? "" : String(value);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    return [names, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
  }

  function download(name, caption, names, rows) {
    return button("Download (CSV)", `Download as CSV: ${caption}`, () => save(`${name}.csv`, new Blob([csv(names, rows)], { type: "text/csv" })));
  }

  function button(text, label, act) {
    const made = el("button", { type: "button", "aria-label": label }, text);
    made.addEventListener("click", act);
    return made;
  }

  function save(name, content) {
    const address = URL.createObjectURL(content);
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  // The rows of a table of the page: what is drawn and downloaded is what stands there, to the last decimal.
  function read(table) {
    const columns = [...table.tHead.rows[0].cells].map((head) => [head.dataset.name, head.textContent, head.dataset.kind]);
    const value = (one, kind) => {
      const text = one.dataset.v ?? one.textContent;
      return isNumber(kind) && text !== "" ? Number(text) : text;
    };
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((one, place) => value(one, columns[place][2])));
    return { columns, rows };
  }

  const records = ({ columns, rows }) => rows.map((row) =>
    Object.fromEntries(row.map((value, place) => [columns[place][0], columns[place][2] === "word" && value ? words(value) : value])));

  // --- charts, drawn when they come into view

  const waiting = new Map();
  const watcher = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (!isIntersecting) continue;
      watcher.unobserve(target);
      waiting.get(target)();
      waiting.delete(target);
    }
  }, { rootMargin: "200px" });

  // `about`, if given, is the title of a chart, its height, what it shows in words, the sources it is drawn from, and the address of its part after #.
  function chart(host, name, datasets, about) {
    const known = data.specs[name];
    const spec = { ...known, ...(about?.height && { height: about.height }), description: about?.words || "", datasets: { ...known.datasets, ...datasets } };
    const canvas = el("div"); // Vega overwrites the role and the label of what it draws in
    host.append(canvas);
    const options = { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true } };
    waiting.set(host, () => vegaEmbed(canvas, figures.themed(spec, data.colours), options).then(() => host.setAttribute("data-drawn", ""), (error) => {
      console.error(error);
      host.textContent = "This picture cannot be drawn here; its numbers are in the table.";
    }));
    watcher.observe(host);
    if (about?.title) host.after(tools(name, about, (shown, type) => figures.file(spec, shown, type)));
  }

  // Buttons to save a picture, which `picture` makes from its title and origin, and to cite it.
  function tools(name, { title, sources, part }, picture) {
    const publishers = [...new Set(sources.map((source) => publisherOf.get(source)).filter(Boolean))];
    const address = `${location.href.split("#")[0]}#${part}`;
    const citation = figures.cited({ title, release: data.release, publishers, address });
    const by = [`${data.release.title}, ${citation.from}`, `Data: ${publishers.join("; ")}`];
    const stem = part.replaceAll(/[^A-Za-z0-9]+/g, "_");
    const saved = (type) => button(`Picture (${type.toUpperCase()})`, `Download as ${type.toUpperCase()}: ${title}`,
      async () => save(`${stem}.${type}`, await picture({ title, by }, type)));
    const cite = (format) => {
      const text = figures.formats[format](citation);
      return [el("p", { class: "format" }, format), el("pre", { tabindex: "0", "aria-label": `Citation in ${format}` }, text),
        button(`Download (${format})`, `Download the citation in ${format}: ${title}`, () => save(`${stem}.${figures.suffixes[format]}`, new Blob([text], { type: "text/plain" })))];
    };
    return el("div", { class: "tools", "data-figure": name }, saved("svg"), saved("png"),
      el("details", { class: "cite" }, el("summary", {}, "Cite this picture"), ...Object.keys(figures.formats).flatMap(cite)));
  }

  // --- search

  const plain = (text) => text.toUpperCase().replaceAll("&", " AND ").replaceAll(/['\u2019]/g, "")
    .replaceAll(/[^A-Z0-9]+/g, " ").trim();
  const index = data.names.map(([code, name]) => ({ code, name, key: ` ${plain(name)}`, bare: plain(code) }));

  function rank(entry, query, parts) {
    if (entry.bare === query) return 0;
    if (entry.key.startsWith(` ${query}`)) return 1;
    return parts.every((part) => entry.key.includes(` ${part}`)) ? 2 : 9;
  }

  function search(text) {
    const query = plain(text);
    const parts = query.split(" ");
    const best = new Map();
    for (const entry of query.length > 1 ? index : []) {
      const place = rank(entry, query, parts);
      if (place === 9) continue;
      for (const [, today] of ways.get(entry.code) || []) {
        const page = today ?? entry.code;
        if (!trusts.has(page)) continue;
        const found = best.get(page);
        const own = entry.code === page ? 0 : 0.5;
        if (!found || place + own < found.place) best.set(page, { page, place: place + own, entry });
      }
    }
    return [...best.values()].sort((a, b) => a.place - b.place || trusts.get(a.page).name.localeCompare(trusts.get(b.page).name));
  }

  function result({ page, entry }) {
    const trust = trusts.get(page);
    const link = el("a", { href: `#trust/${page}` }, `${trust.name} (${page})`);
    const through = entry.code === page && entry.name === trust.name ? [] :
      [el("small", {}, `found by ${[entry.name, `(${entry.code})`].filter(Boolean).join(" ")}`)];
    return el("li", {}, link, ...through, ...(trust.current ? [] : [el("small", {}, closing(trust))]));
  }

  const closing = (trust) => `Closed on ${trust.closed}, without a successor that is known.`;

  function showResults(text) {
    const found = plain(text).length > 1 ? search(text) : [];
    const near = plain(text).length > 1 && !found.length ? explorer.nearest(text) : [];
    $("results").replaceChildren(...[...found.slice(0, 25), ...near].map(result));
    const more = found.length > 25 ? ", the first 25 shown: type more" : "";
    const counted = `${found.length} trust${found.length === 1 ? "" : "s"} of today found${more}.`;
    $("count").textContent = plain(text).length < 2 ? "" : near.length ? "Nothing found by this name or code. Nearest:" : counted;
  }

  // --- the page of a trust

  function why(section, code) {
    const named = data.absences.filter(([source, , , , codes]) => section.sources.includes(source) && codes.split("; ").includes(code));
    if (named.length) return named.map(([, table, edition, reason]) => `${table}, edition ${edition}, trusts without a row: ${reason}`).join(" ");
    if (section.rows.length) return "This release holds rows of other trusts, and none of this one.";
    return `This release holds none yet (${section.sources.map((source) => data.status[source].slice(0, 2).join(": ")).join("; ")}).`;
  }

  function part(section, code) {
    const columns = section.columns.slice(1, section.shown);
    const full = section.rows.filter((row) => row[0] === code);
    const rows = full.map((row) => row.slice(1, section.shown));
    if (!rows.length && section.optional) return [];
    const made = el("article", { class: "part", id: `part-${section.name}`, "aria-labelledby": `part-title-${section.name}` },
      el("h3", { id: `part-title-${section.name}`, tabindex: "-1" }, section.title), el("p", {}, ...coded(section.says)));
    if (!rows.length) made.append(el("p", { class: "missing" }, el("strong", {}, "[x] not available. "), ...coded(why(section, code))));
    else {
      const table = tableOf(`${code}_${section.name}`, section.title, columns, rows, code);
      [...table[0].querySelectorAll("tbody tr")].forEach((line, place) => attach(line, section.table, keyOf(section, full[place]), section.readFrom.get(full[place])));
      made.append(...charts(section, columns, rows, code));
      const many = rows.length > 12;
      made.append(...(many ? [el("details", {}, el("summary", {}, `Every row (${rows.length})`), ...table)] : table));
      made.append(el("p", { class: "files" }, "Rows in ", file(`csv/${section.table}.csv`), ".", el("span", { class: "on-screen" }, " The ", el("span", { class: "sign-shown", role: "img", "aria-label": "round i" }), " beside a row shows where it was read.")));
    }
    if (section.caveats.length) made.append(el("details", {}, el("summary", {}, `Caveats (${section.caveats.length})`),
      el("ul", {}, ...section.caveats.map((caveat) => el("li", {}, ...coded(caveat))))));
    return [made];
  }

  const file = (path) => el("a", { href: path }, el("code", {}, path));
  const keyOf = (section, row) => section.key.map((place) => String(row[place] ?? "none")).join("|");

  function charts(section, columns, rows, code) {
    if (!data.specs[section.name]) return [];
    const values = records({ columns, rows });
    // Bodies that became one trust were assessed each by itself, beside peers of its own.
    const group = (row) => section.split ? `${row[section.split]}|${row.org_code}` : "";
    return [...new Set(values.map(group))].flatMap((wanted) => {
      const own = values.filter((row) => group(row) === wanted);
      const body = section.split && own[0].org_code !== code ? `${own[0].org_name} (${own[0].org_code})` : "";
      const parts = [own[0][section.split], body].filter(Boolean);
      const title = [section.title, ...parts].join(": ");
      const says = figures.inWords(section.name, own);
      const host = el("div", { class: "chart", role: "img", "aria-label": `Chart: ${title}. ${says}` });
      const framed = el("div", {}, host);
      chart(host, section.name, { [section.name]: own }, { title: body ? title : `${title}: ${trusts.get(code).name}`, words: says, sources: section.sources, part: `trust/${code}/part-${section.name}` });
      return section.split ? [el("h4", {}, `${parts.join(": ")}${peers(own)}`), framed] : [framed];
    });
  }

  function peers(rows) {
    const { peer_type: type, peer_band: band, peer_band_from: from, peer_band_as_of_date: day, n_peers: count } = rows[0];
    const size = band === "not known" ? "size not known" : `${band} (${from}, ${day})`;
    return ` (${[`peers: ${type}`, size, `${count} with this trust`].join(", ")})`;
  }

  function trustPage(code) {
    const trust = trusts.get(code);
    const parts = data.sections.flatMap((section) => part(section, code));
    const facts = [["Code today", code], ["Form", words(trust.form || "not known")], ["Region", trust.region || "not known"],
      ["ICB", trust.icb || "not known"], ["Open since", trust.opened || "not known"]];
    const clauses = (data.headlines[code] || []).flatMap(([text, name], place) => [place ? " " : "", name ? el("a", { href: `#trust/${code}/part-${name}` }, text) : text]);
    return [
      ...(clauses.length ? [el("p", { class: "lead headline" }, ...clauses)] : []),
      el("dl", { class: "facts" }, ...facts.map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", {}, text)))),
      el("details", {}, el("summary", {}, "Where code, form, region, ICB and opening were read"), details("organisation", code, data.listed[data.trusts.findIndex(([one]) => one === code)])),
      el("p", { class: "files" }, "One row for this trust is in ", file("csv/trust_profile.csv"), "."),
      el("p", {}, el("a", { href: `#compare/${code}` }, "Compare it with its peers or with other trusts")),
      el("ul", { class: "contents columns" }, ...parts.map((made) =>
        el("li", {}, el("a", { href: `#trust/${code}/${made.id}` }, made.querySelector("h3").textContent)))),
      ...parts,
    ];
  }

  const relations = { part_by_split: "took over a part of it", same: "the same body", predecessor: "came after it" };

  function lead(code, way) {
    const since = way[3] ? ` on ${way[3]}` : "";
    return el("li", {}, el("a", { href: `#trust/${way[1]}` }, `${trusts.get(way[1]).name} (${way[1]})`),
      ` ${relations[way[2]] || words(way[2]).replace("acquired by", "took it over").replace("merged into", "it merged into this")}${since}`);
  }

  // What a search for the text of an address finds.
  function offers(text) {
    const found = search(text).slice(0, 8);
    const offered = found.length ? found : explorer.nearest(text);
    return offered.length ? [el("p", {}, "A search for this finds:"), el("ul", {}, ...offered.map(result))] : [];
  }

  function showTrust(code, inside) {
    const known = (ways.get(code) || []).filter(([, today]) => trusts.has(today));
    const name = trusts.get(code)?.name || data.names.find((entry) => entry[0] === code)?.[1] || code;
    const heading = (text) => el("h2", { id: "trust-title", tabindex: "-1" }, text);
    const here = trusts.get(code);
    let shownNow;
    if (here?.current) shownNow = [heading(`${name} (${code})`), ...trustPage(code)];
    else if (known.length) {
      const note = el("div", { class: "warning" }, el("p", {}, `${name} (${code}) ${here?.closed ? `closed on ${here.closed}` : "no longer exists"}. Today:`),
        el("ul", {}, ...known.map((way) => lead(code, way))));
      const [only] = known;
      shownNow = known.length > 1 ? [heading(`${name} (${code})`), note] :
        [heading(`${trusts.get(only[1]).name} (${only[1]})`), note, ...trustPage(only[1])];
    } else if (here) shownNow = [heading(`${name} (${code})`), el("p", {}, closing(here))];
    else if (code) shownNow = [heading("No such trust"), el("p", {}, `No trust has or had the code ${code}.`), ...offers(code)];
    else shownNow = [heading("Name a trust"), el("p", {}, "This address names no trust. Type a name or a code above.")];
    $("trust").replaceChildren(...shownNow);
    return $(inside)?.querySelector("h3") || $("trust-title");
  }

  // --- one part of the page at a time, by the address after #

  function show() {
    const [wanted, detail, inside] = decodeURIComponent(location.hash.slice(1)).split("/");
    if (wanted === "main") return;
    const anchor = wanted ? $(wanted) : null;
    const view = wanted === "trust" ? "trusts" : anchor?.closest(".view")?.id || "release";
    for (const section of document.querySelectorAll(".view")) section.hidden = section.id !== view;
    for (const link of document.querySelectorAll("nav a")) {
      if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    $("trust").replaceChildren();
    explorer.views[view]?.(location.hash.slice(view.length + 2));
    if (view === "trusts") showResults(wanted === "trust" ? "" : $("query").value);
    let heading = anchor && !anchor.matches(".view") ? anchor : $(`${view}-title`);
    if (wanted === "trust") heading = showTrust((detail || "").trim().toUpperCase(), inside);
    else if (wanted === "pictures" && detail) heading = $(`title-${detail}`) || heading;
    document.title = `${heading.textContent} - Digital maturity of NHS trusts in England`;
    if (wanted) heading.focus({ preventScroll: true });
    if (detail || (anchor && !anchor.matches(".view"))) heading.scrollIntoView({ behavior: "instant" });
    else window.scrollTo({ top: 0, behavior: "instant" });
  }

  for (const table of document.querySelectorAll("table[data-name]")) {
    const { columns, rows } = read(table);
    const names = columns.map(([name]) => name);
    table.parentElement.after(download(table.dataset.name, table.caption.textContent, names, rows));
    const [name, traces] = data.grids[table.dataset.name] || ["", []];
    [...table.tBodies[0].rows].forEach((line, place) => {
      linkName(names, [...line.cells], "");
      if (traces[place]) attach(line, name, ...traces[place]);
    });
  }
  for (const host of document.querySelectorAll("[data-chart]")) {
    const article = host.closest("article");
    const tables = [...article.querySelectorAll("table[data-name]")];
    chart(host, host.dataset.chart, Object.fromEntries(tables.map((table) => [table.dataset.name, records(read(table))])),
      { title: article.querySelector("h3").textContent, words: host.getAttribute("aria-label"), sources: host.dataset.sources.split(" "), part: `pictures/${host.dataset.chart}` });
  }
  $("search").hidden = false;
  $("search").addEventListener("submit", (event) => {
    event.preventDefault();
    const [first] = search($("query").value);
    if (first) location.hash = `#trust/${first.page}`;
  });
  $("query").addEventListener("input", () => showResults($("query").value));
  $("trusts").addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const stops = [$("query"), ...document.querySelectorAll("#results a")];
    const here = stops.indexOf(document.activeElement);
    if (!step || here < 0) return;
    event.preventDefault();
    stops[here + step]?.focus();
  });
  window.explorer = { $, chart, data, download, el, read, records, search, shown, tools, trusts, ways, why, words, plain, views: {} };
  window.addEventListener("hashchange", show);

  // --- print: every chart of the part that is shown, and whole tables, except those too long to print

  const MOST_PRINTED = 300;
  let opened = [];
  window.addEventListener("beforeprint", () => {
    const shownNow = document.querySelector(".view:not([hidden])");
    for (const [host, draw] of waiting) {
      if (!shownNow.contains(host)) continue;
      watcher.unobserve(host);
      waiting.delete(host);
      draw();
    }
    opened = [...shownNow.querySelectorAll("details:not([open]):not(.cite)")].filter((one) => Number(one.dataset.rows || 0) <= MOST_PRINTED);
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => { for (const one of opened) one.open = false; });

  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.documentElement.setAttribute("data-ready", "");
  });
})();
