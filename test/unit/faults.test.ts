import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type FaultServer, startFaults } from '../../jsglue/faults';
import { Generated } from '../../jsglue/faults/content';
import { cases, SEED, SIZE } from './faults-cases';
import { ask, ended, sha256 } from './faults-client';

/** Of 1,000,000 bytes with seed 7, as the Go fault server has them. */
const HASH = '2c0581e7487709c10cc85b644b99b119163c70086382f877238f6442240e71ce';

let server: FaultServer;
before(async () => (server = await startFaults()));
after(() => server.close());

describe('what a client sees of each fault', () => {
  cases.forEach(([query, ...steps], index) =>
    test(query || `no fault, ${index}`, async () => {
      const name = `case-${index}`;
      const refused = steps.every(({ status }) => status === 400);
      for (const step of steps) {
        const url = `${server.url}/file/${name}?size=${SIZE}&seed=${SEED}&${query}`;
        const reply = await ask(url, { method: step.method, headers: step.sent, patience: step.patience });
        assert.equal(reply.status, step.status ?? 200);
        assert.equal(reply.end, step.end ?? 'complete');
        if (step.text === undefined) {
          const [start, end] = step.bytes ?? [0, SIZE];
          assert.equal(reply.body.length, end - start);
          assert.equal(sha256(reply.body), sha256(new Generated(step.seed ?? SEED, SIZE + 4096).read(start, end - start)));
        } else if (step.text !== '*') assert.equal(reply.body.toString(), step.text);
        for (const [header, value] of Object.entries(step.headers ?? {})) {
          if (value === '*') assert.ok(reply.headers[header], header);
          else assert.equal(reply.headers[header], value, header);
        }
      }
      await ended(server, name, refused ? 0 : steps.length);
    }),
  );
});

test('generated content is that of the Go fault server, at any offset', async () => {
  assert.equal(await server.sha256({ size: 1_000_000, seed: 7 }), HASH);
  const all = new Generated(7, 1000).read(0, 1000);
  for (const [start, end] of [
    [1, 2],
    [7, 9],
    [8, 16],
    [3, 1000],
  ] as const) {
    assert.deepEqual(new Generated(7, 1000).read(start, end - start), all.subarray(start, end));
  }
  assert.equal(
    Buffer.from(new Generated(7, 1000, true).read(0, 1000))
      .toString()
      .replaceAll(/[a-p]/g, ''),
    '',
  );
});

test('a rate holds for each response, a link for all of a name, and a delay comes before the head', async () => {
  const timed = async (...urls: string[]) => {
    const begun = performance.now();
    await Promise.all(urls.map((url) => ask(url)));
    return performance.now() - begun;
  };
  const rate = server.file('rate', { size: 40_000, rate: 200_000 });
  const link = server.file('link', { size: 40_000, link: 200_000 });
  for (const [ms, least] of [
    [await timed(rate, rate), 175], // the last piece is not waited for, of 20 ms
    [await timed(link, link), 355],
    [await timed(server.file('delay', { size: 10, delay: 150 })), 149],
  ] as const) {
    assert.ok(ms >= least && ms < least + 3000, `${ms} ms, at least ${least}`);
  }
});

test('a byte that is to be wrong is another one, and no other byte is', async () => {
  const { body } = await ask(server.file('corrupt', { size: 1000, seed: 7, corrupt: [10, 999] }));
  const right = new Generated(7, 1000).read(0, 1000);
  assert.deepEqual(
    [...body.keys()].filter((at) => body[at] !== right[at]),
    [10, 999],
  );
});

test('a client that is slow to read gets all bytes before a cut', async () => {
  const response = await fetch(server.file('slow', { size: 4_000_000, seed: 7, cut: 3_000_000 }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const chunks: Uint8Array[] = [];
  await assert.rejects(async () => {
    for await (const chunk of response.body!) chunks.push(chunk);
  });
  assert.equal(sha256(Buffer.concat(chunks)), await server.sha256({ size: 3_000_000, seed: 7 }));
});

test('what is wrong is said with the parameter, and nothing is counted', async () => {
  const problems: [() => unknown, RegExp][] = [
    [() => server.file('a', { cutt: 1 } as object), /^FaultsError: unknown parameter "cutt"$/],
    [() => server.file('a', { size: -1 }), /^FaultsError: parameter "size": "-1" is not a number$/],
    [() => server.file('a', { size: 1.5 }), /parameter "size"/],
    [() => server.file('a', { size: 2 ** 60 }), /parameter "size"/],
    [() => server.file('a', { cut: [1, Number.NaN] }), /parameter "cut": "NaN" is not a number/],
    [() => server.file('a', { type: 'a\nb' }), /parameter "type": that is no value of a header/],
    [() => server.file('a', { file: '/a', size: 1 }), /parameter "file"/],
    [() => server.mount('/a', { status: 99 }), /parameter "status": 99 is no final status/],
    [() => server.mount('a', {}), /parameter "path": "a" does not begin with a slash/],
    [() => server.answer({ status: 1 }), /parameter "status"/],
    [() => server.stop({ ms: Number.NaN }), /parameter "ms"/],
    [() => server.answer({ ms: -1 }), /parameter "ms"/],
  ];
  for (const [wrong, message] of problems) assert.throws(wrong, message);
  for (const [path, message] of [
    ['/file/a?cutt=1', 'unknown parameter "cutt"\n'],
    ['/__sha256__?size=x', 'parameter "size": "x" is not a number\n'],
    ['/%ff', '"/%ff" is no URL\n'],
  ]) {
    const { status, body } = await ask(server.url + path);
    assert.deepEqual([status, body.toString()], [400, message]);
  }
  for (const path of ['mount?path=/a&cutt=1', 'stop?ms=x', 'answer?status=x']) {
    const { status, body } = await ask(`${server.url}/__control__/${path}`, { method: 'POST' });
    assert.deepEqual([status, /parameter "\w+"/.test(body.toString())], [400, true]);
  }
  assert.deepEqual(server.log('a'), []);
});

test('a method that is not served is told which are', async () => {
  const { status, headers } = await ask(server.file('post', { size: 5 }), { method: 'POST', headers: { 'Content-Length': '0' } });
  assert.deepEqual([status, headers['allow']], [405, 'GET, HEAD, OPTIONS']);
});
