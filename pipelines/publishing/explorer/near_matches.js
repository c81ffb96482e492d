// Near matches: what a search that finds nothing may have meant. Letters may be swapped, missing, added or wrong, and words missing.
(() => {
  const { data, plain, trusts, ways } = explorer;

  // Letters added, left out, replaced or swapped with a neighbour that make one word of another; more than `most` is `most + 1`.
  function distance(one, other, most) {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    let older = [];
    let last = Array.from({ length: other.length + 1 }, (_, place) => place);
    for (let i = 1; i <= one.length; i += 1) {
      const row = [i];
      for (let j = 1; j <= other.length; j += 1) {
        const same = one[i - 1] === other[j - 1];
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
        const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
        if (swapped) row[j] = Math.min(row[j], older[j - 2] + 1);
      }
      if (Math.min(...row) > most) return most + 1;
      [older, last] = [last, row];
    }
    return Math.min(last[other.length], most + 1);
  }

  const entries = data.names.map(([code, name]) => ({ code, name, words: [...new Set(plain(name).split(" "))] }));
  const count = new Map();
  for (const { words } of entries) for (const word of words) count.set(word, (count.get(word) || 0) + 1);
  // A word that many names have, such as hospital or trust, says little of which one is meant.
  const weight = (word) => Math.log(entries.length / (count.get(word) || 1));

  // The part of what was typed, by weight, that a name has: 1 is all of it, to the letter.
  function likeness(typed, words) {
    let [found, whole] = [0, 0];
    for (const word of typed) {
      const most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
      let [best, of] = [0, weight(word)];
      for (const other of words) {
        const begun = other.length > word.length && word.length > 3 ? other.slice(0, word.length) : other;
        const off = Math.min(distance(word, other, most), distance(word, begun, most) + 0.25);
        if (off > most || 1 - off / (2 * word.length) <= best) continue;
        [best, of] = [1 - off / (2 * word.length), weight(other)];
      }
      found += best * of;
      whole += of;
    }
    return whole ? found / whole : 0;
  }

  // The trusts nearest to what was typed, the best first; none where nothing is near.
  explorer.nearest = (text, most = 8) => {
    const typed = [...new Set(plain(text).split(" "))].filter((word) => word.length > 1);
    const letters = (text) => [...text].sort().join("");
    const isSwapped = ({ code }) => typed.length === 1 && code !== typed[0] && letters(code) === letters(typed[0]);
    const best = new Map();
    for (const entry of typed.length ? entries : []) {
      const near = isSwapped(entry) ? 1 : likeness(typed, entry.words);
      if (near < 0.5) continue;
      for (const [, today] of ways.get(entry.code) || []) {
        const page = today ?? entry.code;
        if (trusts.has(page) && !(best.get(page)?.near >= near)) best.set(page, { page, near, entry });
      }
    }
    return [...best.values()].sort((a, b) => b.near - a.near || trusts.get(a.page).name.localeCompare(trusts.get(b.page).name)).slice(0, most);
  };
})();
