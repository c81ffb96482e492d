// Compare: two to eight trusts side by side, from the same rows as their pages. Care settings are never mixed.
(() => {
  const { $, chart, data, download, el, search, trusts, views, ways, why, words } = explorer;
  const { settings, pillars, marks, spread } = data.comparison;
  const MOST = marks.length;
  const SVG = "http://www.w3.org/2000/svg";
  const section = (name) => data.sections.find((one) => one.name === name);
  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  // The rows of a part of the trusts' pages, by today's code.
  function byTrust(name) {
    const { columns, rows } = section(name);
    const found = new Map();
    for (const row of rows) {
      const made = Object.fromEntries(row.map((value, place) => [columns[place][0], value]));
      found.set(made.today, [...(found.get(made.today) || []), made]);
    }
    return found;
  }

  const scores = byTrust("trust_scores");
  const changes = byTrust("trust_change");
  const before = byTrust("trust_self_assessment");
  const rowsOf = (table, code) => table.get(code) || [];

  // --- what is shown: blocks of lines; a line has, for each trust, what each body that is part of it today scored

  function assessment(setting) {
    const inSetting = (row) => row.care_setting === setting;
    const change = (row) => row.score_change !== null ? `${row.score_change > 0 ? "+" : ""}${row.score_change.toFixed(2)}`.replace("-", "\u2212") :
      `not compared${row.may_be_compared.replace(/^no:?/, ":").replace(/:$/, "")}`;
    const edition = [...changes.values()].flat().map((row) => row.edition).sort().at(-1);
    const both = (code) => rowsOf(changes, code).filter((row) => inSetting(row) && row.edition === edition);
    const years = [...changes.keys()].flatMap(both)[0];
    const overall = years ? [["before", years.period_before], ["after", years.period_after]] : [];
    return [
      ...overall.map(([when, period]) => ({ measure: "overall_comparable", label: `Overall, ${period}`, period, drawn: `overall ${period}`,
        cells: (code) => both(code).map((row) => ({ of: row.org_code, value: row[`score_${when}`] })) })),
      ...(years ? [{ measure: "change of overall_comparable", label: "Change of overall", period: `${years.period_before} to ${years.period_after}`,
        cells: (code) => both(code).map((row) => ({ of: row.org_code, value: row.score_change, text: change(row) })) }] : []),
      ...pillars.map((measure) => ({ measure, label: `${sentence(words(measure))}`, period: years?.period_after, drawn: words(measure),
        cells: (code) => rowsOf(scores, code).filter((row) => inSetting(row) && row.measure === measure).map((row) => ({ of: row.org_code, value: row.score })) })),
    ];
  }

  function selfAssessment(setting, codes) {
    const kept = (code) => rowsOf(before, code).filter((row) => row.care_setting === setting);
    const all = codes.flatMap(kept);
    const periods = [...new Set(all.map((row) => row.period))].sort();
    const measures = [...new Set(all.map((row) => row.measure))];
    return measures.flatMap((measure) => periods.map((period) => ({ measure, period,
      label: `${sentence(words(measure))}, ${period}`,
      cells: (code) => kept(code).filter((row) => row.measure === measure && row.period === period).map((row) => ({ of: row.org_code, value: row.score })) })));
  }

  // --- drawing a block

  function mark(place) {
    const [colour, path] = marks[place];
    const named = data.colours[colour];
    const made = document.createElementNS(SVG, "svg");
    const shape = document.createElementNS(SVG, "path");
    for (const [name, value] of [["viewBox", "-1.2 -1.2 2.4 2.4"], ["class", "mark"], ["aria-hidden", "true"]]) made.setAttribute(name, value);
    for (const [name, value] of [["d", path], ["fill", named ? `var(--${named})` : colour]]) shape.setAttribute(name, value);
    made.append(shape);
    return made;
  }

  const link = (code) => el("a", { href: `#trust/${code}` }, `${trusts.get(code).name} (${code})`);

  function matrix(caption, codes, lines, { absent = () => "", aside } = {}) {
    const whole = new Map(codes.map((code) => [code, lines.every((line) => !line.cells(code).length) ? absent(code) : ""]));
    const head = el("tr", {}, el("th", { scope: "col" }, "Measure"), ...codes.map((code, place) => el("th", { scope: "col" }, mark(place), " ", link(code))),
      ...(aside ? [el("th", { scope: "col" }, "All providers: median (middle half)")] : []));
    const body = lines.map((line, at) => el("tr", {}, el("th", { scope: "row" }, line.label), ...codes.flatMap((code) => {
      if (whole.get(code)) return at ? [] : [el("td", { rowspan: lines.length, class: "missing" }, whole.get(code))];
      return [cell(code, line)];
    }), ...(aside ? [el("td", { class: "all" }, aside(line))] : [])));
    const table = el("table", { "data-name": "comparison" }, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, ...body));
    return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, table);
  }

  function cell(code, line) {
    const found = line.cells(code);
    if (!found.length) return el("td", { class: "missing" }, "[x] not scored");
    const text = ({ value, text: written }) => written ?? (value === null ? "[x] not available" : value.toFixed(2));
    const parts = found.map((one) => el("span", {}, text(one), ...(one.of === code ? [] : [el("small", {}, ` ${one.of}`)])));
    return el("td", {}, ...parts.flatMap((part, place) => place ? [el("br"), part] : [part]));
  }

  const absent = (setting, table, name) => (code) => `[x] ${rowsOf(table, code).length ?
    `not assessed in this care setting` : why(section(name), code)}`;

  function aside(setting) {
    const found = new Map(spread.filter((row) => row[0] === setting).map(([, measure, period, ...rest]) => [`${measure} ${period}`, rest]));
    return (line) => {
      const [, low, middle, high] = found.get(`${line.measure} ${line.period}`) || [];
      return middle === undefined ? "" : `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
    };
  }

  function drawing(setting, title, codes, lines) {
    const host = el("div", { class: "chart", role: "img", "aria-label": `Chart: ${title}, the trusts chosen on each measure. Its numbers are in the table that follows.` });
    const found = spread.filter((row) => row[0] === setting);
    const rows = lines.filter((line) => line.drawn).flatMap((line, at) => codes.flatMap((code, place) => line.cells(code).map(({ of, value }) => {
      const [, , , , low, middle, high] = found.find((row) => row[1] === line.measure && row[2] === line.period) || [];
      return { line: at, measure: line.drawn, place, org_code: of, org_name: trusts.get(code).name, score: value, lower_quartile: low, median: middle, upper_quartile: high };
    })));
    const distinct = (name) => new Set(rows.map((row) => row[name])).size;
    const height = distinct("line") * (14 + 11 * Math.max(distinct("place"), 2));
    const shownAs = `${title}: ${codes.map((code) => trusts.get(code).name).join(", ")}`;
    const each = Map.groupBy(rows, (row) => row.measure);
    const inWords = [...each].map(([measure, some]) => `${measure}: ${some.map((row) => `${row.org_name} ${row.score.toFixed(2)}`).join(", ")}`).join("; ");
    const holder = el("div", {}, host);
    chart(host, "compare", { compare: rows }, { height, title: shownAs, words: `${inWords}.`, sources: ["dma"], part: `compare/${codes.join(",")}` });
    return holder;
  }

  function block(id, title, ...parts) {
    return el("article", { class: "part", id, "aria-labelledby": `${id}-title` }, el("h3", { id: `${id}-title` }, title), ...parts);
  }

  function assessed(setting, codes) {
    const lines = assessment(setting);
    if (!codes.some((code) => lines.some((line) => line.cells(code).length))) return [];
    const title = `Digital Maturity Assessment: ${words(setting)}`;
    const providers = spread.find((row) => row[0] === setting)?.[3] ?? 0;
    return [{ kind: "Digital Maturity Assessment", setting, lines, absent: absent(setting, scores, "trust_scores"), made: block(`compare-${setting}`, title,
      el("p", {}, `Scores from 1 to 5 that the trusts gave themselves. Pale bar: the middle half of all ${providers} providers of this care setting; line: their median. ` +
        `The overall scores may be compared between the two years, the pillars may not be compared with those of another year. A code beside a score belongs to an earlier organisation that is now part of the trust.`),
      drawing(setting, title, codes, lines),
      matrix(title, codes, lines, { absent: absent(setting, scores, "trust_scores"), aside: aside(setting) })) }];
  }

  const MAIN = ["readiness", "capabilities_common_sections", "infrastructure"];

  function assessedBefore(codes) {
    const found = [...new Set(codes.flatMap((code) => rowsOf(before, code).map((row) => row.care_setting)))];
    return found.map((setting) => {
      const lines = selfAssessment(setting, codes);
      const title = `Digital Maturity Self-Assessment: ${words(setting)}`;
      const reason = absent(setting, before, "trust_self_assessment");
      const rest = lines.filter((line) => !MAIN.includes(line.measure));
      const main = MAIN.flatMap((measure) => lines.filter((line) => line.measure === measure));
      return { kind: "Digital Maturity Self-Assessment", setting, lines, absent: reason, made: block(`compare-before-${setting}`, title,
        el("p", {}, "Scores from 0 to 100 from 2015/16 and 2017, under the codes in use then. This is a different instrument: do not compare these scores with those above." +
          (main.length ? " Between the two rounds these measures may be compared, with the caveats of the trusts' pages; other measures changed." : "")),
        ...(main.length ? [matrix(`${title}: measures of both rounds`, codes, main, { absent: reason })] : []),
        ...(rest.length ? [el("details", {}, el("summary", {}, `Every section (${rest.length} lines): not to be compared between the rounds`),
          matrix(`${title}: every section`, codes, rest, { absent: reason }))] : [])) };
    });
  }

  function context(codes) {
    const lines = explorer.facts.map(([name, label]) => ({ measure: name, period: data.days[name] || "", label: data.days[name] ? `${label}, ${data.days[name]}` : label,
      cells: (code) => [{ of: code, value: explorer.today.get(code)[name], text: explorer.today.get(code)[name] }] }));
    return { kind: "context", setting: "", lines, absent: () => "", made: block("compare-context", "Other facts about these trusts",
      el("p", {}, "Other facts about each trust today. A trust without a programme role is not known to have been outside the programmes."),
      matrix("Other facts about these trusts", codes, lines)) };
  }

  function rows(blocks, codes) {
    return blocks.flatMap(({ kind, setting, lines, absent: reason }) => lines.flatMap((line) => codes.flatMap((code) => {
      const same = [kind, setting, line.measure, line.period ?? "", code, trusts.get(code).name];
      const found = line.cells(code);
      if (!found.length) return [[...same, null, null, lines.some((one) => one.cells(code).length) ? "not scored" : reason(code).replace("[x] ", "")]];
      return found.map((one) => [...same, one.of, one.value, one.value === null ? one.text || "not available" : null]);
    })));
  }

  function compared(codes) {
    const blocks = [...settings.flatMap((setting) => assessed(setting, codes)), ...assessedBefore(codes), context(codes)];
    const without = settings.filter((setting) => !blocks.some((one) => one.setting === setting && one.kind === "Digital Maturity Assessment"));
    const names = ["instrument", "care_setting", "measure", "period", "current_org_code", "current_org_name", "org_code", "value", "why_missing"];
    return [
      el("p", {}, el("a", { href: `#compare/${codes.join(",")}` }, "Link to this comparison"), ": copy its address to share it."),
      download(`compare_${codes.join("_")}`, "this comparison, a row for each value", names, rows(blocks, codes)),
      ...blocks.map(({ made }) => made),
      ...(without.length ? [el("p", {}, `No trust chosen here has a score of the newest assessment in: ${without.map(words).join(", ")}.`)] : []),
      el("p", { class: "files" }, "Rows in ", ...["peer_group", "maturity_change", "maturity_score_current", "trust_profile"].flatMap((name, place) =>
        [place ? ", " : "", el("code", {}, `csv/${name}.csv`)]), "; where one came from: ", el("code", {}, `digital-maturity explain peer_group ${codes[0]}`)),
    ];
  }

  // --- choosing

  let codes = [];

  function keep(next, says) {
    codes = next;
    history.pushState(null, "", codes.length ? `#compare/${codes.join(",")}` : "#compare");
    draw(says);
  }

  function add(code) {
    $("add").value = "";
    $("offers").replaceChildren();
    keep([...codes, code], `${trusts.get(code).name} added.`);
    $("add").focus();
  }

  function remove(code) {
    keep(codes.filter((one) => one !== code), `${trusts.get(code).name} removed.`);
    $("add").focus();
  }

  function button(text, does, name) {
    const made = el("button", { type: "button", ...(name && { "aria-label": name }) }, text);
    made.addEventListener("click", does);
    return made;
  }

  function found(text) {
    const exact = search(text);
    const able = (list) => list.filter(({ page }) => trusts.get(page).current && !codes.includes(page)).slice(0, 8);
    return exact.length ? { offers: able(exact), says: "" } : { offers: able(explorer.nearest(text)), says: "Nothing found by this name or code. Nearest:" };
  }

  function offer() {
    const text = $("add").value.trim();
    const { offers, says } = text.length > 1 && codes.length < MOST ? found(text) : { offers: [], says: "" };
    $("offers").replaceChildren(...offers.map(({ page }) => el("li", {}, button(`Add ${trusts.get(page).name} (${page})`, () => add(page)))));
    if (text.length > 1) $("choice").textContent = codes.length >= MOST ? `You have chosen ${MOST} trusts, the maximum. Remove one to add another.` :
      offers.length ? says : "Nothing found that can be added.";
  }

  // Peers as `peer_group` has them: providers of the same care setting, type and size.
  function peers(code) {
    const own = rowsOf(scores, code).filter((row) => row.org_code === code && row.measure === "overall_comparable");
    return own.map((one) => {
      const alike = (row) => ["care_setting", "measure", "peer_type", "peer_band"].every((name) => row[name] === one[name]) && row.org_code === row.today;
      const near = (other) => trusts.get(other).region === trusts.get(code).region ? 0 : 1;
      const others = [...scores].filter(([other, rows_]) => other !== code && trusts.has(other) && rows_.some(alike)).map(([other]) => other)
        .sort((a, b) => near(a) - near(b) || trusts.get(a).name.localeCompare(trusts.get(b).name));
      return { one, others };
    }).filter(({ others }) => others.length);
  }

  function peerButtons() {
    if (codes.length !== 1) return [];
    const [code] = codes;
    const kinds = peers(code);
    if (!kinds.length) return [el("p", {}, "It has no peers in the newest assessment: add another trust by name.")];
    return [el("p", {}, `Or compare it with its peers, providers of the same care setting, type and size: up to ${MOST - 1}, those of the same region first, then by name.`),
      ...kinds.map(({ one, others }) => {
        const kind = [words(one.peer_type), one.peer_band === "not_known" ? "" : words(one.peer_band)].filter(Boolean).join(", ");
        const taken = others.slice(0, MOST - 1);
        return button(`Peers in ${words(one.care_setting)} care (${kind}): ${taken.length} of ${others.length}`, () => {
          keep([code, ...taken], `${taken.length} of the ${others.length} peers of ${trusts.get(code).name} in ${words(one.care_setting)} care (${kind}) added.`);
          $("compare-title").focus();
        });
      })];
  }

  function draw(says = "") {
    const left = codes.length ? `${codes.length} of at most ${MOST} trusts chosen.` : "";
    $("choice").textContent = [says, left, codes.length === 1 ? "Add at least one more." : ""].filter(Boolean).join(" ");
    $("chosen").replaceChildren(...codes.map((code, place) => el("li", {}, mark(place), link(code),
      button("Remove", () => remove(code), `Remove ${trusts.get(code).name}`))));
    $("chosen").hidden = !codes.length;
    $("peers").replaceChildren(...peerButtons());
    $("comparison").replaceChildren(...(codes.length > 1 ? compared(codes) : []));
  }

  // The trusts of an address: a code of before leads to the trust of today, if there is one.
  function read(text) {
    const notes = [];
    const chosen = text.toUpperCase().split(",").filter(Boolean).flatMap((code) => {
      if (trusts.get(code)?.current) return [code];
      const leads = [...new Set((ways.get(code) || []).map(([, today]) => today))].filter((today) => trusts.get(today)?.current);
      notes.push(leads.length === 1 ? `${code} is today part of ${leads[0]}.` : `${code} is left out: ${leads.length ? `today it is part of ${leads.join(" and ")}` : "no trust of today has this code"}.`);
      return leads.length === 1 ? leads : [];
    });
    const once = [...new Set(chosen)];
    if (once.length > MOST) notes.push(`The first ${MOST} of ${once.length} are shown.`);
    return { chosen: once.slice(0, MOST), notes };
  }

  $("choose").hidden = false;
  $("choose").addEventListener("submit", (event) => {
    event.preventDefault();
    $("offers").querySelector("button")?.click();
  });
  $("add").addEventListener("input", offer);
  views.compare = (text) => {
    const { chosen, notes } = read(decodeURIComponent(text));
    codes = chosen;
    draw(notes.join(" "));
  };
})();
