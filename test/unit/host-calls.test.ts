import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CANCELLED_MS, HostCalls, type Implementations } from '../../jsglue/sw/hostcalls';
import { HostFailure } from '../../jsglue/sw/hosterror';
import { framing } from '../../jsglue/sw/timings';

const settle = () => new Promise(setImmediate);

/** Calls of a program over these methods, and what it was answered. */
function program(methods: Partial<Implementations>) {
  const host = new HostCalls('{}', methods as Implementations);
  const answers: [n: number, text: string, code?: string][] = [];
  const bytes: unknown[][] = [];
  host.connect(
    (...answer) => void answers.push(answer),
    (...given) => void bytes.push(given),
  );
  return { host, answers, bytes };
}

test('each call is answered once, with JSON or a failure, and never while it is made', async () => {
  const { host, answers, bytes } = program({
    keys: async ({ cache }) => [cache],
    room: async () => null,
    deleteCache: () => Promise.reject(new HostFailure('lost', 'gone')),
    createCache: () => Promise.reject(new DOMException('full', 'QuotaExceededError')),
    read: async (_, __, give) => (give(new Uint8Array([1])), null),
  });
  host.call(1, 'keys', '{"cache":"c"}');
  host.call(2, 'room', '');
  host.call(3, 'deleteCache', '{}');
  host.call(4, 'createCache', '{}');
  host.call(5, 'read', '{}');
  host.call(6, 'metered', '');
  assert.equal(answers.length, 0);
  await settle();
  const texts = answers.map(([n, text, code]) => `${n} ${code ?? text}`);
  assert.deepEqual(texts.sort(), ['1 ["c"]', '2 null', '3 lost', '4 quota', '5 null', '6 internal']);
  assert.deepEqual(bytes, [[5, new Uint8Array([1])]]);
});

test('a call that is cancelled is stopped, also one that goes on for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let late!: () => void;
  const { host, answers } = program({
    waitOnline: (_, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new HostFailure('internal', 'cut')))),
    keys: () => new Promise((resolve) => (late = () => resolve([]))),
  });
  host.call(1, 'waitOnline', '');
  host.call(2, 'keys', '{}');
  host.cancel(3);
  await settle();
  host.cancel(1);
  host.cancel(2);
  await settle();
  assert.deepEqual(answers, [[1, 'cut', 'stopped']]);
  t.mock.timers.tick(CANCELLED_MS);
  assert.deepEqual(answers.slice(1), [[2, 'It did not answer.', 'stopped']]);
  late();
  await settle();
  assert.equal(answers.length, 2);
});

test('after close() nothing is told and nothing begins; it waits for what writes', async () => {
  let write!: () => void;
  const called: string[] = [];
  const { host, answers } = program({
    deleteKeys: () => new Promise((resolve) => (write = () => resolve(null))),
    keys: async () => (called.push('keys'), []),
    waitOnline: () => new Promise(() => {}),
  });
  host.call(1, 'deleteKeys', '{}');
  host.call(2, 'waitOnline', '');
  await settle();
  let closed = false;
  const closing = host.close().then(() => (closed = true));
  host.call(3, 'keys', '{}');
  await settle();
  assert.deepEqual([closed, called], [false, []]);
  write();
  await closing;
  assert.deepEqual(answers, []);
});

test('which bodies that end too early a browser tells of', () => {
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
  const safari = 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15';
  const chrome = 'Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36';
  for (const [browser, contentLength, keptAlive, chunked] of [
    [{ userAgent: firefox }, false, false, true],
    [{ userAgent: safari }, false, true, false],
    [{ userAgent: chrome }, true, true, true],
    [{ userAgent: 'other', userAgentData: {} }, true, false, true],
    [{ userAgent: 'other' }, false, false, false],
  ] as const) {
    assert.deepEqual(framing(browser), { contentLength, keptAlive, chunked }, browser.userAgent);
  }
});

test('results of what is asked for each record are lines', async () => {
  const head = { url: 'https://a.test/', type: 'basic' as const, redirected: false, status: 200, statusText: 'OK' };
  const { host, answers } = program({
    open: async () => ({
      transfer: 7,
      length: 20,
      whole: true,
      head: {
        ...head,
        headers: [
          ['a', '1, 2'],
          ['b', ''],
        ],
      },
    }),
    save: async () => ({ length: 20, end: true, whole: true, sum: 'aGFzaA==' }),
  });
  host.call(1, 'open', '{}');
  host.call(2, 'save', '{}');
  await settle();
  assert.deepEqual(answers, [
    [1, '7\n20\ntrue\nhttps://a.test/\nbasic\nfalse\n200\nOK\na\n1, 2\nb\n'],
    [2, '20\ntrue\ntrue\n0\naGFzaA=='],
  ]);
});
