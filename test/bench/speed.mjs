// How long each work takes in each way, in turns: what disturbs the machine for a
// while then disturbs all ways alike.
import { firstRequest, peakConnections, settle, Stand } from './stand.mjs';
import { warmUp } from './works.mjs';

/** Ways of a work that this browser has. */
const waysOf = (work, browser) => work.ways.filter((way) => way !== 'native' || browser === 'chromium');

/** The stand on which a way is gone: native and ranges have one of their own. */
const standFor = (way) => (way === 'native' || way === 'ranges' ? way : 'ours');

/**
 * Samples: {measure: 'speed', browser, work, way, round, ms, cpu, late, longest,
 * connections, requests, and of background fetches promise, firstProgress,
 * progressRate, longestGap, memory}. Times in ms, memory of the program in bytes.
 */
export async function measureSpeed({ browser, works, runs, context, add }) {
  const stands = {};
  const open = async (way) => {
    stands[way] = await Stand.open({ browser, way, ...context });
    for (const one of waysOf(warmUp, browser)) if (standFor(one) === way) await stands[way].run(warmUp, one);
  };
  try {
    for (const way of new Set(works.flatMap((work) => waysOf(work, browser)).map(standFor))) await open(way);

    const failed = new Set(); // not tried again: it may have taken ten minutes
    for (let round = 1; round <= runs; round++) {
      for (const work of works.filter(({ rounds = runs }) => round <= rounds)) {
        for (const way of inTurn(waysOf(work, browser), round)) {
          const key = `${work.name} ${way}`;
          if (failed.has(key)) continue;
          const sample = { measure: 'speed', browser, work: work.name, way, round };
          try {
            const seen = await stands[standFor(way)].run(work, way);
            Object.assign(sample, summary(seen));
            if (way === 'ours') sample.memory = (await stands.ours.page.evaluate(() => bench.worker('state'))).memory;
          } catch (error) {
            sample.error = error.message;
            failed.add(key);
            await stands[standFor(way)].close();
            await open(standFor(way));
          }
          add(sample);
          await settle();
        }
      }
    }
  } finally {
    await Promise.all(Object.values(stands).map((stand) => stand.close()));
  }
}

/** Who goes first changes from round to round. */
function inTurn(list, round) {
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
