// Says what happened: a line for each test, and all that is known of a failure.

import { faultTable } from './fault-table.mjs';

const MAX_LINES = 200;
const MAX_LENGTH = 2000;

export class Reporter {
  passed = 0;
  failed = 0;
  tests = [];
  /** Rows of the fault matrix, of all browsers. */
  faults = [];

  constructor({ verbose }) {
    this.verbose = verbose;
  }

  result({ browser, scenario, ms, error, cases, reports, log }) {
    this.#line({ browser, name: scenario, ms, error });
    for (const one of cases ?? []) {
      this.#line({ browser, name: `${scenario}: ${one.name}`, ms: one.ms, error: one.error });
      if (one.fault && !one.error) this.faults.push({ browser, ...one.fault });
    }
    if (error || this.verbose) this.#details(error, reports, log);
  }

  #line({ browser, name, ms, error }) {
    const status = error ? 'failed' : 'passed';
    this[status]++;
    this.tests.push({ browser, name, status, ms, error: error && String(error.stack ?? error) });
    const time = ms === undefined ? '' : ` (${(ms / 1000).toFixed(1)} s)`;
    console.log(`${error ? 'FAILED' : 'ok'} ${browser.padEnd(9)} ${name}${time}`);
    if (error && ms === undefined) console.log(`    ${error}`);
  }

  #details(error, reports, log) {
    const print = (text) => console.log(String(text).replaceAll(/^/gm, '    '));
    if (error) print(error.stack ?? error);
    for (const { kind, from, at, ...rest } of reports.slice(-MAX_LINES)) {
      const time = new Date(at).toISOString().slice(14, 23);
      print(`${time} ${from} ${kind}: ${(rest.text ?? JSON.stringify(rest)).slice(0, MAX_LENGTH)}`);
    }
    if (typeof log === 'string') return print(`server: ${log}`); // why there is no log
    for (const [name, entries] of Object.entries(log ?? {})) {
      print(`server: ${name}`);
      for (const entry of entries.slice(-MAX_LINES)) {
        const what = `${entry.method} ${entry.range || 'all'} -> ${entry.status} ${entry.contentRange ?? ''}`;
        print(`  ${entry.time.slice(14, 23)} ${what} ${entry.bytesSent} bytes, ${entry.outcome || 'under way'}, ${entry.ms} ms`);
      }
    }
  }

  summary() {
    return { passed: this.passed, failed: this.failed, tests: this.tests };
  }

  /** The fault matrix, if it was run. */
  table() {
    return this.faults.length > 0 ? faultTable(this.faults) : undefined;
  }

  /** The failures once more, where whoever reads only the end of a long log sees them. */
  end() {
    if (this.faults.length > 0) console.log(`requests / times the size sent:\n${this.table()}`);
    for (const { browser, name, error } of this.tests.filter((test) => test.status === 'failed')) {
      console.log(`FAILED ${browser.padEnd(9)} ${name}\n    ${error.split('\n')[0]}`);
    }
    console.log(`${this.passed} passed, ${this.failed} failed`);
  }
}
