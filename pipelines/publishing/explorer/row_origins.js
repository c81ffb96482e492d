"use strict";
// Where a row was read: its file, sheet and row, one click away, and the command that says more of it.
const rowOrigins = ({ files, places }, el) => {
  const command = (table, key) => el("code", {}, `digital-maturity explain ${table} "${key}"`);

  // Values of a row that were read from one row of a file have one line.
  function joined(flat) {
    const found = new Map();
    for (let at = 0; at < flat.length; at += 2) {
      const [file, sheet, grade, about] = places[flat[at]];
      const where = JSON.stringify([file, sheet, flat[at + 1]]);
      if (found.has(where)) found.get(where).about += ` and ${about}`;
      else found.set(where, { file, sheet, grade, about, row: flat[at + 1] });
    }
    return [...found.values()];
  }

  function line({ file, sheet, grade, about, row }) {
    const [, edition, sha256, title, publisher, name, address, page] = files[file];
    const where = [sheet && `sheet \u201c${sheet}\u201d`, row !== null && `row ${row}`].filter(Boolean).join(", ");
    const link = (text, href) => el("a", { href, rel: "noopener noreferrer" }, text);
    return el("li", {}, ...(about ? [el("strong", {}, `${about}: `)] : []), `${title}${publisher ? ` (${publisher})` : ""}, edition ${edition}: file `,
      el("code", {}, name || "without a name"), `${where && `, ${where}`}. Evidence: ${grade}. SHA-256 of the file: `, el("code", {}, sha256.slice(0, 12)), ". ",
      ...(address ? [link("File of the publisher", address)] : page ? [link("Page of the publisher", page), " (the address of the file is not held)"] : []));
  }

  function details(table, key, flat) {
    const found = joined(flat).map(line);
    const none = el("p", {}, "Made by this project from several rows; the command names them.");
    return el("div", { class: "origin" }, found.length ? el("ul", {}, ...found) : none, el("p", {}, "More of it on the command line: ", command(table, key)));
  }

  // Give a line of a table a sign in its first cell that opens and closes where it was read.
  function attach(tr, table, key, flat) {
    const sign = el("button", { type: "button", class: "sign", "aria-expanded": "false", "aria-label": `Where this row was read: ${tr.cells[0].textContent}` });
    let below = null;
    sign.addEventListener("click", () => {
      if (below) below.remove();
      below = below ? null : el("tr", { class: "below" }, el("td", { colspan: tr.cells.length }, details(table, key, flat)));
      if (below) tr.after(below);
      sign.setAttribute("aria-expanded", String(Boolean(below)));
    });
    tr.cells[0].append(sign);
  }

  return { attach, details };
};
