// The fault matrix, test/faultmatrix/matrix.json: each row a background fetch of a
// resource that misbehaves, all of them at once in one page. The native tests run
// the core alone against the same rows.
import fs from 'node:fs';
import { assert, bytesSent, gets, MiB, scenario } from '../../lib/scenario.mjs';
import { sri } from '../../lib/sri.mjs';

const rows = JSON.parse(fs.readFileSync(new URL('../../../faultmatrix/matrix.json', import.meta.url), 'utf8'));

const SIZE = 3 * MiB;
const SEED = 7;
/** Bytes per second: at full speed a browser forgets what it got just before a cut. */
const RATE = 2 * MiB;

/**
 * What a browser's network does by itself counts as requests of ours: it may send
 * again what was reset before a head came.
 */
const MORE_REQUESTS = {
  'cut during the headers': 12,
  'cut at byte 0': 12,
  'CORS taken away in mid-transfer': 12,
  'no CORS headers': 4,
};

scenario('fault matrix', { alone: true, timeout: 240_000 }, async (test) => {
  const { page } = await test.open();
  const begun = Date.now();
  const runs = rows.map((row, index) => {
    const name = `${test.id}-${index}`;
    const origin = row.host ? `http://${row.host}` : row.crossOrigin ? test.server.url2 : test.server.url;
    const query = new URLSearchParams({ size: SIZE, seed: SEED, rate: RATE });
    const text = row.query.replace('{other}', test.server.url2).replace('{name}', name);
    for (const [key, value] of new URLSearchParams(text)) query.set(key, value);
    return { row, name, id: row.name, url: `${origin}/file/${name}?${query}` };
  });
  for (const { id, url, row } of runs) {
    const { downloadTotal, retry } = row;
    const request = { url, redirect: row.redirect, integrity: row.integrity ? await integrity(test, row) : undefined };
    await page.evaluate((...args) => t.startFetch(...args), id, request, { downloadTotal, retry });
  }
  return Promise.all(
    runs.map(async (run) => {
      const result = { name: run.row.name };
      try {
        const event = await test.event(run.id, 200_000);
        result.ms = Date.now() - begun;
        await check(test, run, event, result);
      } catch (error) {
        result.error = error;
      }
      return result;
    }),
  );
});

/** SHA-256 of what is to arrive, in hex. */
const hash = (test, { size = SIZE, seed = SEED, text }) => test.server.sha256({ size, seed, ...(text && { text: 1 }) });

const integrity = async (test, row) => sri(await hash(test, row));

/** Compares what the worker saw and what the server was asked for with the row. */
async function check(test, { row, name }, event, result) {
  const log = await test.server.log(name);
  const size = row.size ?? SIZE;
  const sent = bytesSent(log);
  const requests = gets(log).length;
  const times = (sent / Math.max(1, size)).toFixed(2);
  const outcome = event.failureReason || 'success';
  result.name += ` [${outcome}, ${requests} requests, ${times} times the size]`;
  result.fault = { name: row.name, outcome: row.reason ? outcome : 'success, the right bytes', requests, times };

  assert.equal(event.failureReason, row.reason ?? '');
  assert.equal(event.result, row.reason ? 'failure' : 'success');
  const allowed = row.requests + (MORE_REQUESTS[row.name] ?? 0);
  assert.ok(requests <= allowed, `${requests} requests, at most ${allowed} are needed`);
  if (row.reason) {
    const response = event.records[0];
    if (row.reason !== 'bad-status') assert.ok(response.error, `nothing is exposed, but ${JSON.stringify(response)}`);
    return;
  }
  assert.equal(event.records[0].size, size, 'the size of the body');
  assert.equal(event.records[0].sha256, await hash(test, row), 'success with wrong bytes');
  assert.equal(event.records[0].status, 200, 'the status that the record shows');
  // What a loaded browser has received and not read by the time of a cut, it forgets.
  const forgotten = 2 * MiB + (requests - 1) * (MiB / 8);
  if (!row.twice) assert.ok(sent <= size + forgotten, `${sent} bytes were sent for a file of ${size}`);
}
