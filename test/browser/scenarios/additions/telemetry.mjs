// The option `onlog`: the site is told what is in the log.
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const script = '/sw-onlog.js';

const readLog = async () => (await fetch('/__bgfetch__/log')).json();

/** What the listener was told, in the order of its calls, of each run of the program by its beginning. */
function told(test) {
  const runs = new Map();
  const reports = test.reports.all(({ kind }) => kind === 'log');
  reports.sort((a, b) => a.batch.started - b.batch.started);
  for (const { batch } of reports) {
    const entries = runs.get(batch.started) ?? [];
    runs.set(batch.started, entries.concat(batch.entries));
  }
  return { runs, batches: reports.map(({ batch }) => batch) };
}

/** Waits until the last entry of the log, which is of that event, was told. */
const all = (test, event) =>
  test.reports.wait(`a batch with ${event}`, ({ kind, batch }) => kind === 'log' && batch.entries.at(-1).event === event, {
    timeout: 20_000,
  });

scenario('onlog: each entry of the log once, in order, in few calls, over a worker that stops', {}, async (test) => {
  const { browser, page } = await test.open({ script, stoppable: true });
  const file = test.resource({ size: 12 * MiB, rate: 2 * MiB, cut: 4 * MiB });
  await page.evaluate((url) => t.startFetch('a film', url), file.url);
  await page.evaluate((bytes) => t.waitForDownloaded('a film', bytes), 6 * MiB);
  await new Promise((resolve) => setTimeout(resolve, 2500)); // until the log is stored
  await browser.stopWorker(page);
  await test.settled(page, 'a film', 'backgroundfetchsuccess');
  await all(test, 'ended');
  const log = await page.evaluate(readLog);
  const { runs, batches } = told(test);
  assert.ok(runs.size >= 2, `${runs.size} runs were told`);
  for (const { started, entries } of log.runs) {
    // A worker that is killed has told no less than it has stored.
    assert.deepEqual(runs.get(started)?.slice(0, entries.length), entries);
  }
  assert.deepEqual(runs.get(log.runs.at(-1).started), log.runs.at(-1).entries);
  assert.deepEqual([log.version, ...new Set(batches.map(({ version }) => version))], [1, 1]);
  const entries = [...runs.values()].flat();
  assert.ok(batches.length < entries.length, `${batches.length} calls for ${entries.length} entries`);
  assert.ok(entries.some(({ event, url, range }) => event === 'request' && url === file.url && range));
});

for (const [fails, text] of [
  ['throws', 'The listener throws.'],
  ['rejects', 'The listener rejects.'],
]) {
  scenario(`onlog: a listener that ${fails} is told to the console, and harms nothing`, {}, async (test) => {
    const { page } = await test.open({ script, worker: { fails } });
    const file = test.resource({ size: MiB });
    await page.evaluate((url) => t.startFetch('film', url), file.url);
    await test.settled(page, 'film', 'backgroundfetchsuccess');
    await all(test, 'ended');
    const console = test.reports.all(({ kind, level }) => kind === 'console' && level === 'error');
    assert.ok(console.length > 0);
    for (const line of console) assert.ok(/backgroundFetchOptions\.onlog/.test(line.text) && line.text.includes(text), line.text);
    assert.deepEqual(
      test.reports.all(({ kind }) => kind === 'error'),
      [],
    );
  });
}

scenario('onlog: null turns it off, before and later; what is no function is refused', {}, async (test) => {
  const { page } = await test.open({ script, worker: { off: 'started' } });
  const file = test.resource({ size: MiB });
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  await test.settled(page, 'film', 'backgroundfetchsuccess');
  await page.waitFor('the end of it', 20_000, async () => {
    const { runs } = await (await fetch('/__bgfetch__/log')).json();
    return runs.at(-1).entries.at(-1).event === 'ended';
  });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(told(test).batches.length, 1);
  const scope = '/elsewhere/';
  const registered = await page.evaluate(
    (script, scope) =>
      t.register({ script, scope, onlog: 'null' }).then(
        () => '',
        (error) => error.name,
      ),
    script,
    scope,
  );
  assert.equal(registered, '');
  const refused = await page.evaluate(
    (script, scope) => t.rejection(() => t.register({ script, scope, onlog: '"text"' })),
    script,
    `${scope}too/`,
  );
  assert.equal(refused.isTypeError, true, JSON.stringify(refused));
});
