// What the fault matrix came to, as a table in Markdown: printed at the end of a
// run, and put into the documentation by `run.mjs --table FILE`.
import { writeMarked } from './marked.mjs';

const MARKS = {
  begin: '<!-- fault matrix: node test/browser/run.mjs --grep "fault matrix" --table docs/reliability.md -->',
  end: '<!-- end of the fault matrix -->',
};

/** rows: {browser, name, outcome, right, requests, times} of one or more browsers. */
export function faultTable(rows) {
  const browsers = [...new Set(rows.map((row) => row.browser))].sort();
  const names = [...new Set(rows.map((row) => row.name))];
  const cell = (name, browser) => {
    const row = rows.find((one) => one.name === name && one.browser === browser);
    return row ? `${row.requests} / ${row.times}` : '–';
  };
  const outcome = (name) => [...new Set(rows.filter((row) => row.name === name).map((row) => row.outcome))].join(' or ');
  return [
    `| Fault | Outcome | ${browsers.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(browsers.length)}`,
    ...names.map((name) => `| ${name} | ${outcome(name)} | ${browsers.map((browser) => cell(name, browser)).join(' | ')} |`),
  ].join('\n');
}

/** Replaces the table in the file. */
export function writeTable(file, table) {
  writeMarked(file, MARKS, table);
}
