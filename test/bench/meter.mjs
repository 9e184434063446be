// CPU time and memory of a browser: of all processes that came from its start.
import fs from 'node:fs';
import { processesOf } from '../browser/lib/processes.mjs';

/** Clock ticks per second, on every Linux. */
const TICKS = 100;
const SAMPLE_MS = 100;
/** How long a list of processes is used: to make it takes as long as ten samples. */
const LIST_MS = 1000;

const tagOf = (browser) => browser.tag ?? browser.child.tag;

function read(path) {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return ''; // it ended meanwhile
  }
}

const pidsOf = (browser) => processesOf(tagOf(browser)).map(({ pid }) => pid);

/** Seconds of CPU so far, with those of children that ended. */
export function cpuSeconds(browser) {
  let ticks = 0;
  for (const pid of pidsOf(browser)) {
    const stat = read(`/proc/${pid}/stat`);
    // utime, stime, cutime and cstime, counted after the name in brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.length > 14) ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / TICKS;
}

/** Bytes: the proportional set sizes, which count shared pages once. */
function memoryOf(pids) {
  return pids.reduce((sum, pid) => sum + 1024 * Number(read(`/proc/${pid}/smaps_rollup`).match(/^Pss:\s+(\d+)/m)?.[1] ?? 0), 0);
}

/** Bytes now. */
export const memoryBytes = (browser) => memoryOf(pidsOf(browser));

/** Looks at the memory ten times a second; stop() gives the peak in bytes. */
export function watchMemory(browser) {
  let pids = pidsOf(browser);
  let listed = Date.now();
  let peak = memoryOf(pids);
  const timer = setInterval(() => {
    if (Date.now() - listed > LIST_MS) {
      pids = pidsOf(browser);
      listed = Date.now();
    }
    peak = Math.max(peak, memoryOf(pids));
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return Math.max(peak, memoryBytes(browser));
  };
}
