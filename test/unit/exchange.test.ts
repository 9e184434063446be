import './realm';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestOf } from '../../jsglue/page/exchange';
import { DEAD_AFTER_MS, PART_BYTES, type RequestBodies, type RequestMessage } from '../../jsglue/shared/protocol';

const settle = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A site whose worker is `answer`, called with the number of the message, from 1. */
function site(answer: (n: number, port: MessagePort, message: RequestMessage) => void) {
  const messages: RequestMessage[] = [];
  const ports: MessagePort[] = [];
  const active = {
    state: 'activated',
    scriptURL: 'https://site.test/sw.js',
    postMessage(message: RequestMessage, [port]: [MessagePort]) {
      messages.push(structuredClone(message));
      ports.push(port);
      answer(messages.length, port, message);
    },
  };
  const registration = { active, scope: 'https://site.test/' } as unknown as ServiceWorkerRegistration;
  return { registration, messages, closeAll: () => ports.forEach((port) => port.close()) };
}

test('a request is one message, and its reply the answer', async () => {
  const { registration, messages, closeAll } = site((_, port) =>
    port.postMessage({ type: 'reply', status: 201, body: '{"a":1}' }),
  );
  assert.deepEqual(await requestOf(registration, 'POST', 'fetches', { b: 2 }), { status: 201, body: { a: 1 } });
  const { method, path, body, bodies, version } = messages[0]!;
  assert.deepEqual([messages.length, method, path, body, bodies, version], [1, 'POST', 'fetches', '{"b":2}', undefined, '1.2.3']);
  closeAll();
});

test('bodies go by their handles; of a large one each part is asked for', async () => {
  const large = new Blob([new Uint8Array(PART_BYTES), 'the rest']);
  const bodies: RequestBodies = new Map([
    ['small', new Blob(['small'])],
    ['large', large],
  ]);
  const parts: Blob[] = [];
  const { registration, messages, closeAll } = site((_, port) => {
    port.onmessage = ({ data }) => {
      parts.push(data);
      if (parts.length === 2) port.postMessage({ type: 'reply', status: 200, body: '' });
    };
    for (const offset of [0, PART_BYTES]) port.postMessage({ type: 'part', handle: 'large', offset });
  });
  assert.deepEqual(await requestOf(registration, 'POST', 'fetches', {}, bodies), { status: 200, body: null });
  const sent = messages[0]!.bodies!;
  assert.deepEqual([...sent.keys()], ['small', 'large']);
  assert.equal(await (sent.get('small') as Blob).text(), 'small');
  assert.deepEqual(sent.get('large'), { size: large.size });
  assert.deepEqual([parts[0]!.size, await parts[1]!.text()], [PART_BYTES, 'the rest']);
  closeAll();
});

test('what is not answered is sent again, the same to the letter, and the first may still be the one that answers', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let first!: MessagePort;
  const { registration, messages, closeAll } = site((n, port) => {
    if (n === 1) first = port;
    if (n === 2) setImmediate(() => first.postMessage({ type: 'reply', status: 200, body: '"first"' }));
  });
  await caches.open('bgfetch:program:https://site.test/:hash'); // so that it is known to be ours
  const said = t.mock.method(console, 'error', () => {});
  const request = requestOf(registration, 'POST', 'fetches', { a: 1 }, new Map([['h', new Blob(['x'])]]));
  for (let passed = 0; passed < DEAD_AFTER_MS + 1000; passed += 100, await settle()) t.mock.timers.tick(100);
  assert.deepEqual(await request, { status: 200, body: 'first' });
  assert.equal(messages.length, 2);
  assert.deepEqual(messages[1], messages[0]);
  assert.deepEqual([...messages[1]!.bodies!.keys()], ['h']);
  assert.equal(said.mock.callCount(), 1);
  closeAll();
});
