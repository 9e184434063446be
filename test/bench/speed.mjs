// How long each work takes in each way, in turns: what disturbs the machine for a
// while then disturbs all ways alike.
import { firstRequest, peakConnections, settle, Stand } from './stand.mjs';
import { warmUp } from './works.mjs';

/** Ways of a work that this browser has. */
const waysOf = (work, browser) => work.ways.filter((way) => way !== 'native' || browser === 'chromium');

/**
 * Samples: {measure: 'speed', browser, work, way, round, ms, cpu, late, longest,
 * connections, requests, and of background fetches promise, firstProgress,
 * progressRate, longestGap, memory}. Times in ms, memory of the program in bytes.
 */
export async function measureSpeed({ browser, works, runs, context, add }) {
  const stands = { ours: await Stand.open({ browser, ...context }) };
  try {
    if (works.some((work) => waysOf(work, browser).includes('native'))) {
      stands.native = await Stand.open({ browser, native: true, ...context });
    }
    const standOf = (way) => stands[way] ?? stands.ours;
    for (const way of waysOf(warmUp, browser))
      if (standOf(way).native === (way === 'native')) await standOf(way).run(warmUp, way);

    const failed = new Set(); // not tried again: it may have taken ten minutes
    for (let round = 1; round <= runs; round++) {
      for (const work of works.filter(({ rounds = runs }) => round <= rounds)) {
        for (const way of inTurn(waysOf(work, browser), round)) {
          const key = `${work.name} ${way}`;
          if (failed.has(key)) continue;
          const sample = { measure: 'speed', browser, work: work.name, way, round };
          try {
            const seen = await standOf(way).run(work, way);
            Object.assign(sample, summary(seen));
            if (way === 'ours') sample.memory = (await stands.ours.page.evaluate(() => bench.worker('state'))).memory;
          } catch (error) {
            sample.error = error.message;
            failed.add(key);
            stands[way === 'native' ? 'native' : 'ours'] = await reopen(standOf(way), { browser, ...context });
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

/** A new browser instead of one in which something failed. */
async function reopen(stand, options) {
  await stand.close();
  const opened = await Stand.open({ ...options, native: stand.native });
  await opened.run(warmUp, stand.native ? 'native' : 'ours');
  return opened;
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
