// Whether a run is worse than the stored one, which is what docs/performance.md says. Only ratios
// are compared, of ways that took turns in one run: times of another machine, or of another hour, say
// nothing.

/** By how much a figure has to be worse, beyond noise, to be told. */
const WORSE = 0.1;
/** How many standard errors are noise: of twenty figures that did not change one is further away. */
const ERRORS = 2;

/**
 * What the tables of a document say: {name of the row: {browser: {figure, noise}}}. The tables are those
 * whose second column is "target"; `names` are {browser: what its column is called}.
 */
export function readStored(text, names) {
  const figures = {};
  let columns;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      columns = undefined;
      continue;
    }
    const [name, target, ...cells] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    if (target === 'target') {
      columns = cells.map((cell) => Object.keys(names).find((browser) => names[browser] === cell));
      continue;
    }
    for (const [index, browser] of columns?.entries() ?? []) {
      const found = /^(-?[\d.]+)(?: ±([\d.]+) %)?/.exec(cells[index] ?? '');
      if (!browser || !found) continue;
      figures[name] ??= {};
      figures[name][browser] = { figure: Number(found[1]), noise: found[2] === undefined ? undefined : Number(found[2]) / 100 };
    }
  }
  return figures;
}

/**
 * The noise of a comparison of two figures, from that of each. Where only one is known, the other is
 * taken for as noisy; undefined where none is.
 */
const together = (one, other) => ((one ?? other) === undefined ? undefined : Math.hypot(one ?? other, other ?? one));

const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/**
 * Compares rows (rowsOf) with what is stored (readStored). {worse: [{name, browser, stored, current, change,
 * noise}], compared, without}: `change` is the ratio of the two figures, below 1 if it is worse; `without`
 * is of how many figures no noise is known, and so nothing.
 *
 * Of few rounds some are alike by chance. So no figure counts as less noisy than half of the browser's.
 */
export function compare(rows, stored) {
  const pairs = rows
    .filter(({ better }) => better)
    .flatMap(({ name, better, cells }) =>
      Object.entries(cells).map(([browser, { figure, noise }]) => {
        const before = stored[name]?.[browser];
        if (!before || !(before.figure > 0) || !(figure > 0)) return undefined;
        const change = better === 'more' ? figure / before.figure : before.figure / figure;
        return { name, browser, stored: before.figure, current: figure, change, noise: together(before.noise, noise) };
      }),
    )
    .filter(Boolean);
  const usual = {};
  for (const browser of new Set(pairs.map((pair) => pair.browser))) {
    usual[browser] = middle(
      pairs.filter((pair) => pair.browser === browser && pair.noise !== undefined).map(({ noise }) => noise),
    );
  }
  const judged = pairs
    .filter(({ browser }) => usual[browser] !== undefined)
    .map((pair) => ({ ...pair, noise: Math.max(pair.noise ?? 0, usual[pair.browser]) }));
  return {
    worse: judged
      .filter(({ change, noise }) => change < (1 - WORSE) * Math.exp(-ERRORS * noise))
      .sort((a, b) => a.change - b.change),
    compared: judged.length,
    without: pairs.length - judged.length,
  };
}

/** For the terminal. `browsers` are {browser: name}. */
export function comparisonText({ worse, compared, without }, names) {
  const lines = worse.map(
    ({ name, browser, stored, current, change, noise }) =>
      `WORSE  ${names[browser]}  ${name}: ${change.toFixed(2)} of what it was (${stored}, now ${current}; noise ${(100 * noise).toFixed(0)} %)`,
  );
  lines.push(`${compared} ratios compared with docs/performance.md: ${worse.length || 'none'} worse than 10 % beyond noise.`);
  if (without > 0) lines.push(`${without} more could not be: nothing tells how noisy they are.`);
  return lines.join('\n');
}
