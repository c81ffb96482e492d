"use strict";
// Charts as figures: in words, in the colours of the reader, as files, and with a citation. Nothing here knows of a page.
const figures = (() => {
  const listed = (parts) => parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  const pounds = (value) => `\u00a3${Math.round(value).toLocaleString("en-GB")}`;

  function middle(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const half = sorted.length / 2;
    return sorted.length % 2 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
  }

  function counts(values) {
    const found = new Map();
    for (const value of values) found.set(value, (found.get(value) || 0) + 1);
    return [...found].sort(([, a], [, b]) => b - a).map(([value, count]) => `${count} ${value}`);
  }

  // --- what a chart of a trust shows, in words made from the rows that it draws

  function years(rows, name) {
    const held = rows.filter((row) => row[name] !== null);
    if (!held.length) return "No amount is held.";
    const least = held.reduce((a, b) => (b[name] < a[name] ? b : a));
    const most = held.reduce((a, b) => (b[name] > a[name] ? b : a));
    const [first, last] = [held[0], held.at(-1)];
    return `${held.length} years from ${first.financial_year} to ${last.financial_year}: lowest ${pounds(least[name])} in ${least.financial_year}, ` +
      `highest ${pounds(most[name])} in ${most.financial_year}, median ${pounds(middle(held.map((row) => row[name])))}, newest ${pounds(last[name])}.`;
  }

  const described = {
    trust_journey: (rows) => `${rows.length} events from ${rows[0].event_date} to ${rows.at(-1).event_date}: ${listed(counts(rows.map((row) => row.event_type)))}.`,
    trust_scores: (rows) => {
      const pillars = rows.filter((row) => !row.measure.startsWith("overall")).sort((a, b) => a.score - b.score);
      const each = pillars.map((row) => `${row.measure} ${row.score.toFixed(2)} (peers ${row.lowest.toFixed(2)} to ${row.highest.toFixed(2)}, median ${row.median.toFixed(2)})`);
      return `Scores of 1 to 5, the lowest first: ${listed(each)}.`;
    },
    trust_spend: (rows) => years(rows, "narrow_gbp"),
    trust_records: (rows) => years(rows, "total_gbp"),
  };
  const inWords = (name, rows) => described[name](rows);

  // --- colours and files

  // A spec in the colours of the page, light or dark: each of the light ones is named.
  const themed = (spec, names) => JSON.parse(JSON.stringify(spec).replace(/#[0-9a-f]{6}/g, (colour) => names[colour] ? `var(--${names[colour]})` : colour));

  // A spec that stands alone: of a fixed size, under its title, over where it is from.
  function alone(spec, { title, by }) {
    const text = { text: title, subtitle: by, anchor: "start", fontSize: 18, subtitleFontSize: 13, offset: 14, subtitlePadding: 6 };
    return { ...spec, width: 900, title: text, padding: 16, autosize: { type: "fit-x", contains: "padding" } };
  }

  async function file(spec, about, type) {
    const { view } = await vegaEmbed(document.createElement("div"), alone(spec, about), { ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: false });
    try {
      if (type === "svg") return new Blob([await view.toSVG()], { type: "image/svg+xml" });
      const canvas = await view.toCanvas(2);
      return await new Promise((done) => { canvas.toBlob(done, "image/png"); });
    } finally {
      view.finalize();
    }
  }

  // Our own picture as an SVG or PNG file: paths and labels on a white ground.
  async function painted(shapes, [width, height], type) {
    const font = ({ size, bold }) => `${bold ? "bold " : ""}${size}px Arial, sans-serif`;
    if (type === "svg") {
      const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
      const each = shapes.map((one) => one.d ? `<path d="${one.d}" fill="${one.fill || "none"}" stroke="${one.stroke || "none"}" stroke-width="1.5"/>` :
        `<text x="${one.x}" y="${one.y}" fill="${one.fill}" text-anchor="${one.anchor || "start"}" style="font: ${font(one)}">${escaped(one.text)}</text>`);
      return new Blob([`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">\n` +
        `<rect width="100%" height="100%" fill="#ffffff"/>\n${each.join("\n")}\n</svg>\n`], { type: "image/svg+xml" });
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    const on = canvas.getContext("2d");
    on.scale(2, 2);
    on.fillStyle = "#ffffff";
    on.fillRect(0, 0, width, height);
    on.lineWidth = 1.5;
    for (const one of shapes) {
      Object.assign(on, { fillStyle: one.fill, strokeStyle: one.stroke, font: font(one), textAlign: one.anchor === "middle" ? "center" : "start" });
      if (one.text !== undefined) on.fillText(one.text, one.x, one.y);
      else if (one.fill) on.fill(new Path2D(one.d));
      if (one.d && one.stroke) on.stroke(new Path2D(one.d));
    }
    return new Promise((done) => { canvas.toBlob(done, "image/png"); });
  }

  // --- citations: of a release that is named where its address names it, else by its version and the day of its list of trusts

  function cited({ title, release, publishers, address }) {
    const id = /\b(\d{4})(\d{2})(\d{2})T\d{6}Z\b/.exec(address);
    const day = id ? id.slice(1, 4).join("-") : release.day;
    const from = [id && `release ${id[0]}`, `version ${release.version}`, !id && `list of trusts of ${day}`].filter(Boolean).join(", ");
    return { title, day, from, year: day.slice(0, 4), whole: release.title, who: "nhs-digital-maturity developers", publishers: listed(publishers), address: address.startsWith("http") ? address : "" };
  }

  const formats = {
    APA: (c) => `${c.who}. (${c.year}). ${c.title} [Chart]. In ${c.whole} (${c.from}). Data: ${c.publishers}.${c.address && ` ${c.address}`}`,
    BibTeX: (c) => {
      const plain = (text) => text.replaceAll(/[{}\\]/g, "").replaceAll(/[&%$#_]/g, "\\$&");
      const fields = { author: `{${c.who}}`, title: `{${plain(c.title)}}`, booktitle: `{${plain(c.whole)}}`, year: c.year, edition: plain(c.from), note: plain(`Chart. Data: ${c.publishers}`), ...(c.address && { url: c.address }) };
      const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}}`);
      return `@incollection{nhsdigitalmaturity${c.year},\n${lines.join(",\n")}\n}\n`;
    },
    RIS: (c) => [["TY", "CHAP"], ["AU", c.who], ["TI", c.title], ["T2", c.whole], ["PY", c.year], ["DA", c.day.replaceAll("-", "/")], ["ET", c.from], ["N1", `Chart. Data: ${c.publishers}`], ...(c.address ? [["UR", c.address]] : []), ["ER", ""]]
      .map(([tag, text]) => `${tag}  - ${text}`).join("\r\n") + "\r\n",
  };
  const suffixes = { APA: "txt", BibTeX: "bib", RIS: "ris" };

  return { inWords, themed, file, painted, cited, formats, suffixes };
})();
