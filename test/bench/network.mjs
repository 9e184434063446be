// Measures the works of network-works.mjs.
import { spawn } from 'node:child_process';
import os from 'node:os';
import { peakConnections, settle } from './stand.mjs';
import { inTurn } from './speed.mjs';
import { Stands, waysOf } from './stands.mjs';

/** The longest take 35 s and 100 s; what does not end by then is not waited for. */
const TIMEOUT_MS = { links: 60_000, ranges: 150_000 };

/**
 * Samples: {measure: 'links' or 'ranges', browser, work, way, round, ms, first, twice, waits, requests,
 * connections}. `first`, of links, is when a player has the first byte, which without ours is the end;
 * `twice` are bytes that the server has sent beyond the file; `waits` how long small requests of the page
 * took meanwhile, in ms. A quick run does without native, which does not change.
 */
export async function measureNetwork(measure, { browser, works, runs, quick, context, add }) {
  const waysFor = (work) => waysOf(work, browser).filter((way) => !quick || way !== 'native');
  const stands = await Stands.open(browser, context, works.flatMap(waysFor));
  try {
    for (const work of works) {
      for (let round = 1; round <= Math.min(work.rounds, runs); round++) {
        for (const way of inTurn(waysFor(work), round)) {
          const sample = { measure, browser, work: work.name, way, round };
          const free = work.busy ? keepBusy() : () => {};
          try {
            Object.assign(sample, await once(stands, work, way, measure));
          } catch (error) {
            sample.error = error.message;
          } finally {
            free();
          }
          add(sample);
          await settle();
        }
      }
    }
  } finally {
    await stands.close();
  }
}

async function once(stands, work, way, measure) {
  const plays = measure === 'links';
  const ours = way === 'one' || way === 'ranges';
  const {
    ms,
    first = ms,
    waits,
    log,
  } = await stands.run({ ...work, play: plays && ours }, way, { timeout: TIMEOUT_MS[measure] });
  if (way === 'idle') return { waits };
  const sent = log.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  const sample = { ms, twice: sent - work.size, waits, requests: log.length, connections: peakConnections(log) };
  return plays ? { ...sample, first } : sample;
}

/** Lets as many processes as there are processors do nothing but run, until it is called back. */
function keepBusy() {
  const all = os.cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  return () => all.forEach((one) => one.kill());
}
