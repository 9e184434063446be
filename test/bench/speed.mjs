// How long each work takes in each way, in turns: what disturbs the machine for a
// while then disturbs all ways alike.
import { firstRequest, peakConnections, settle } from './stand.mjs';
import { Stands, waysOf } from './stands.mjs';

/**
 * Samples: {measure: 'speed', browser, work, way, round, ms, cpu, late, longest,
 * connections, requests, and of background fetches promise, firstProgress,
 * progressRate, longestGap, memory}. Times in ms, memory of the program in bytes.
 * A quick run does without native, which takes longest and does not change.
 */
export async function measureSpeed({ browser, works, runs, quick, context, add }) {
  const waysFor = (work) => waysOf(work, browser).filter((way) => !quick || way !== 'native');
  const stands = await Stands.open(browser, context, works.flatMap(waysFor));
  try {
    const failed = new Set(); // not tried again: it may have taken ten minutes
    for (let round = 1; round <= runs; round++) {
      for (const work of works.filter(({ rounds = runs }) => round <= rounds)) {
        for (const way of inTurn(waysFor(work), round)) {
          const key = `${work.name} ${way}`;
          if (failed.has(key)) continue;
          const sample = { measure: 'speed', browser, work: work.name, way, round };
          try {
            const seen = await stands.run(work, way);
            Object.assign(sample, summary(seen));
            if (way === 'ours') sample.memory = (await stands.of(way).page.evaluate(() => bench.worker('state'))).memory;
          } catch (error) {
            sample.error = error.message;
            failed.add(key);
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

/** Who goes first changes from round to round. */
export function inTurn(list, round) {
  const first = round % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function summary({ progress, log, ...seen }) {
  const sample = { ...seen, connections: peakConnections(log), requests: log.length };
  if (progress.length === 0) return sample;
  const moved = progress.filter(([, downloaded], i) => downloaded > (progress[i - 1]?.[1] ?? 0));
  const first = moved[0]?.[0];
  const last = moved.at(-1)?.[0];
  sample.firstProgress = first - firstRequest(log);
  sample.progressEvents = moved.length;
  sample.progressSeconds = (last - firstRequest(log)) / 1000;
  sample.longestGap = Math.max(0, ...moved.slice(1).map(([at], i) => at - moved[i][0]));
  return sample;
}
