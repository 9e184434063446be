// How long single things take: a promise, a start, what follows a cut and a
// navigation.
import { forgetLog, newName, settle, Stand } from './stand.mjs';
import { description, MiB, warmUp } from './works.mjs';

const SMALL = { size: 1000 };

/** Samples {measure: 'promise', browser, round, ms}: from fetch() to its promise while the program runs. */
export async function measurePromises({ browser, runs, context, add }) {
  const stand = await Stand.open({ browser, ...context });
  try {
    await stand.run(warmUp, 'ours');
    const described = description(SMALL, newName('promise'), stand.server);
    const times = await stand.page.evaluateFor(100_000, (work, n) => bench.promiseTimes(work, n), described, 4 * runs);
    times.forEach((ms, i) => add({ measure: 'promise', browser, round: i + 1, ms }));
  } finally {
    await stand.close();
  }
}

/**
 * Samples {measure: 'start', browser, round, idle, bare, instantiated, promise}: of a worker that
 * was stopped and has just started again because of a message, in ms from the
 * page's call: to run the empty Go program, and from fetch() to its promise. `bare.inside` is
 * that time without the message's way, `instantiated` what it takes to instantiate our program, without running it. `idle` is what the start itself did: calls of WebAssembly,
 * requests for the program.
 */
export async function measureStarts({ browser, runs, context, add }) {
  let stand;
  try {
    for (let round = 1; round <= runs; round++) {
      // WebKit's driver has few processes to lose.
      if (!stand || browser === 'webkit') {
        await stand?.close();
        stand = await Stand.open({ browser, stoppable: true, ...context });
        await stand.run(warmUp, 'ours');
      }
      const restart = async () => {
        await settle(500);
        await stand.browser.stopWorker(stand.page);
        return stand.page.evaluate(() => bench.wake());
      };
      const { ms, value } = await restart();
      const described = description(SMALL, newName('start'), stand.server);
      const [promise] = await stand.page.evaluate((work) => bench.promiseTimes(work, 1), described);
      await restart();
      const bare = await stand.page.evaluate(() => bench.roundTrip('bare'));
      await restart();
      const instantiated = (await stand.page.evaluate(() => bench.roundTrip('instantiated'))).value;
      add({
        measure: 'start',
        browser,
        round,
        idle: { ms, ...value },
        promise,
        bare: { ms: bare.ms, inside: bare.value },
        instantiated,
      });
    }
  } finally {
    await stand?.close();
  }
}

/** Bytes that the server has sent of the resource whose only record this is. */
async function sent(server, name) {
  return (await server.log(name)).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

/** Waits, looking often, until so many bytes were sent. */
async function untilSent(server, name, bytes, timeout = 180_000) {
  for (const end = Date.now() + timeout; (await sent(server, name)) < bytes; ) {
    if (Date.now() > end) throw new Error(`${name}: ${await sent(server, name)} of ${bytes} bytes were sent`);
    await settle(10);
  }
}

/**
 * Samples {measure: 'cut', browser, way, round, ms, extra}: all connections are cut
 * when half of the file was sent; ms until the server is asked again, and bytes that it sent twice.
 */
export async function measureCut({ browser, way, runs, context, add }) {
  const size = 64 * MiB;
  const stand = await Stand.open({ browser, way, ...context });
  try {
    await stand.run(warmUp, way);
    for (let round = 1; round <= runs; round++) {
      const name = newName(`cut-${way}`);
      const record = `${name}-0-0`;
      const described = description({ size, rate: 16 * MiB }, name, stand.server);
      await stand.page.evaluate((way, described) => bench.begin(way, described), way, described);
      await untilSent(stand.server, record, size / 2);
      const cutAt = Date.now();
      await stand.server.control('cut', { name: record });
      const { error } = await stand.reports.wait(name, (report) => report.run === name, { timeout: 300_000 });
      const after = (await stand.server.log(record)).map(({ time }) => Date.parse(time)).filter((time) => time > cutAt);
      const extra = (await sent(stand.server, record)) - size;
      add({ measure: 'cut', browser, way, round, ms: Math.min(...after) - cutAt, extra, ...(error && { error }) });
      await stand.page.evaluateFor(100_000, () => bench.clean());
      await forgetLog(stand.server);
    }
  } finally {
    await stand.close();
  }
}

/**
 * Samples {measure: 'navigation', browser, way, round, gap}: the page leaves for another of the site, comes
 * back, and is reloaded in mid-transfer; the longest time in ms in which the server sent nothing.
 */
export async function measureNavigation({ browser, way, runs, context, add }) {
  const size = 128 * MiB;
  const stand = await Stand.open({ browser, way, ...context });
  try {
    await stand.run(warmUp, way);
    for (let round = 1; round <= runs; round++) {
      const name = newName(`navigation-${way}`);
      const record = `${name}-0-0`;
      const described = description({ size, rate: 8 * MiB }, name, stand.server);
      await stand.page.evaluate((way, described) => bench.begin(way, described), way, described);
      await untilSent(stand.server, record, size / 8);
      const watched = watchFlow(stand.server, record, size);
      await stand.page.goto(new URL('/elsewhere.html', stand.url).href);
      await stand.page.goto(stand.url);
      await stand.page.reload();
      add({ measure: 'navigation', browser, way, round, gap: await watched });
      await settle(1000);
      await stand.page.evaluateFor(100_000, () => bench.clean());
      await forgetLog(stand.server);
    }
  } finally {
    await stand.close();
  }
}

/** The longest time in ms in which the server sent nothing, until all is sent. */
async function watchFlow(server, name, size) {
  let longest = 0;
  let last = await sent(server, name);
  let changed = Date.now();
  for (const end = Date.now() + 300_000; last < size; await settle(15)) {
    const now = await sent(server, name);
    if (Date.now() > end) throw new Error(`${name}: ${now} of ${size} bytes were sent`);
    if (now === last) continue;
    longest = Math.max(longest, Date.now() - changed);
    [last, changed] = [now, Date.now()];
  }
  return longest;
}
