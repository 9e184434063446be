// A large record is moved by several requests at a time, where that helps.
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';
import { sri } from '../../lib/sri.mjs';

/** What may be sent twice: what the browser has read ahead of the first response when it meets the others. */
const mostTwice = (size) => Math.max(MiB, 0.02 * size);

/** The largest number of requests that were under way at once. */
function atOnce(log) {
  const edges = gets(log).flatMap(({ time, ms }) => [
    [Date.parse(time), 1],
    [Date.parse(time) + ms, -1],
  ]);
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return Math.max(...edges.map(([, change]) => (now += change)));
}

/** Seconds from the first request to the end of the last. */
function seconds(log) {
  const begun = Math.min(...gets(log).map(({ time }) => Date.parse(time)));
  return (Math.max(...gets(log).map(({ time, ms }) => Date.parse(time) + ms)) - begun) / 1000;
}

/** Integrity metadata of a file, undefined where none are wanted. */
const integrityOf = async (file, wanted) => (wanted ? sri(await file.sha256()) : undefined);

for (const hashed of [false, true]) {
  const named = hashed ? ', with integrity' : '';
  scenario(`several ranges at a time, from a server that limits each connection${named}`, { alone: true }, (test) =>
    limited(test, hashed),
  );
  scenario(`what is as fast as the machine is asked for once${named}`, { alone: true }, (test) => fast(test, hashed));
}

async function limited(test, hashed) {
  const { page } = await test.open();
  const rate = 2 * MiB;
  const file = test.resource({ size: 40 * MiB, rate });
  const integrity = await integrityOf(file, hashed);
  await page.evaluate((request) => t.startFetch('film', [request]), { url: file.url, integrity });
  const event = await test.settled(page, 'film', 'backgroundfetchsuccess');
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());
  const log = await file.log();
  const factor = file.size / rate / seconds(log);
  console.log(
    `    ${gets(log).length} requests, ${factor.toFixed(1)} times as fast as one connection, ${bytesSent(log) - file.size} bytes too many`,
  );
  assert.ok(factor >= 2.5, `${factor} times as fast as one connection`);
  assert.ok(atOnce(log) <= 6, `${atOnce(log)} requests at once`);
  assert.ok(bytesSent(log) <= file.size + mostTwice(file.size), `${bytesSent(log)} bytes were sent for ${file.size}`);
  assert.equal(gets(log).filter((entry) => !entry.range).length, 1, 'one request for the whole');
}

async function fast(test, hashed) {
  const { page } = await test.open();
  const file = test.resource({ size: 96 * MiB });
  const integrity = await integrityOf(file, hashed);
  await page.evaluate((request) => t.startFetch('fast', [request]), { url: file.url, integrity });
  const event = await test.settled(page, 'fast', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  const log = await file.log();
  console.log(`    ${gets(log).length} requests, ${bytesSent(log) - file.size} bytes too many`);
  assert.ok(bytesSent(log) <= file.size + mostTwice(file.size), `${bytesSent(log)} bytes were sent for ${file.size}`);
}

scenario('several ranges from another origin, which shows no ETag and no Content-Range', { alone: true }, async (test) => {
  const { page } = await test.open();
  const file = test.resource({ size: 20 * MiB, rate: 2 * MiB, cors: 1, origin: test.server.url2 });
  await page.evaluate((url) => t.startFetch('other', url), file.url);
  const event = await test.settled(page, 'other', 'backgroundfetchsuccess');
  assert.equal(event.records[0].size, file.size);
  assert.equal(event.records[0].sha256, await file.sha256());
  const log = await file.log();
  assert.ok(gets(log).length > 1 && atOnce(log) <= 6, `${gets(log).length} requests, ${atOnce(log)} at once`);
  assert.ok(bytesSent(log) <= file.size + mostTwice(file.size), `${bytesSent(log)} bytes were sent for ${file.size}`);
});

scenario('with ranges: false there is one request at a time', {}, async (test) => {
  const { page } = await test.open({ script: '/sw-one-range.js' });
  const file = test.resource({ size: 20 * MiB, rate: 4 * MiB });
  await page.evaluate((url) => t.startFetch('one', url), file.url);
  const event = await test.settled(page, 'one', 'backgroundfetchsuccess');
  assert.equal(event.records[0].sha256, await file.sha256());
  assert.equal(gets(await file.log()).length, 1);
});
