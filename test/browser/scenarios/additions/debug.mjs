// The option `debug`: the life of each transfer in the consoles, and how long it took.
import { openAny } from '../../lib/any-worker.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const measures = (id) =>
  performance
    .getEntriesByType('measure')
    .filter(({ name }) => name.includes(`"${id}"`))
    .map(({ name, duration, detail }) => ({ name, duration, detail }));

scenario('debug: the console tells the life of each transfer, and performance.measure() how long it took', {}, async (test) => {
  const { page, inWorker } = await openAny(test, { worker: { debug: 1 }, options: { 'page-debug': 1 } });
  const file = test.resource({ size: MiB, cut: MiB / 2 });
  const missing = test.resource({ size: 1000, status: 404 });
  await page.evaluate((urls) => t.startFetch('a film', urls), [file.url]);
  await page.evaluate(() => t.waitForResult('a film', 20_000));
  await page.evaluate((url) => t.startFetch('nothing', url), missing.url);
  await page.evaluate(() => t.waitForResult('nothing', 20_000));
  const reported = (from) => test.reports.all((report) => report.from === from);
  const lines = (from) =>
    reported(from)
      .filter(({ kind, level }) => kind === 'console' && level === 'debug')
      .map(({ text }) => text);
  const complete = (from) => reported(from).every(({ number }, index) => number === index + 1);
  const told = () =>
    complete('page') &&
    complete('worker') &&
    lines('page').some((text) => text.includes('"nothing": failure')) &&
    lines('worker').some((text) => text.includes('"nothing": settled'));
  for (let left = 50; left > 0 && !told(); left--) await new Promise((resolve) => setTimeout(resolve, 100));

  const page1 = lines('page').filter((text) => text.startsWith('Background Fetch "a film": '));
  assert.match(page1.at(-1), new RegExp(`: success, ${MiB} bytes$`));
  assert.match(lines('page').at(-1), /^Background Fetch "nothing": failure, bad-status, \d+ bytes$/);
  const inOrder = [
    /"a film": fetch/,
    /"a film", record 0: request http/,
    /"a film", record 0: response 200 http/,
    /"a film", record 0: record http/,
    /"a film": settled/,
  ];
  const worker = lines('worker');
  let at = -1;
  for (const expected of inOrder) {
    const next = worker.findIndex((text, index) => index > at && expected.test(text));
    assert.ok(next > at, `${expected} after line ${at} of\n${worker.join('\n')}`);
    at = next;
  }
  assert.ok(
    worker.some((text) => /"nothing", record 0: .*404/.test(text)),
    worker.join('\n'),
  );

  const [whole] = await page.evaluate(measures, 'a film');
  assert.deepEqual([whole.detail.result, whole.detail.downloaded], ['success', MiB]);
  assert.ok(whole.duration > 0);
  const names = new Set((await inWorker(measures, 'a film')).map(({ name }) => name));
  assert.deepEqual([...names].sort(), ['Background Fetch "a film"', 'Background Fetch "a film", record 0']);
});

scenario('without debug: neither lines nor measures', {}, async (test) => {
  const { page, inWorker } = await openAny(test);
  await page.evaluate((url) => t.startFetch('quiet', url), test.resource({ size: 1000 }).url);
  await page.evaluate(() => t.waitForResult('quiet', 20_000));
  assert.deepEqual([await page.evaluate(measures, 'quiet'), await inWorker(measures, 'quiet')], [[], []]);
  assert.deepEqual(
    test.reports.all(({ kind, text }) => kind === 'console' && text.includes('Background Fetch')),
    [],
  );
});
