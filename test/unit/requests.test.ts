import './realm';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toFetchOptions, toUIOptions } from '../../jsglue/shared/options';
import { checkPieces, toPieces } from '../../jsglue/shared/pieces';
import type { RequestBodies } from '../../jsglue/shared/protocol';
import { isDangling } from '../../jsglue/shared/request-notes';
import {
  makeRequests,
  restoreRequest,
  storeRequest,
  toMatchRequest,
  toQueryOptions,
  toRequestInfos,
} from '../../jsglue/shared/requests';

test('what fetch() takes: a Request, a text, or a sequence of both', () => {
  const request = new Request('https://a.test/');
  const url = new URL('https://a.test/x');
  assert.deepEqual(toRequestInfos(request), [request]);
  assert.deepEqual(toRequestInfos('https://a.test/x'), ['https://a.test/x']);
  assert.deepEqual(toRequestInfos(url), [url.href]);
  assert.deepEqual(toRequestInfos(new Set([request, url])), [request, url.href]);
  assert.deepEqual(toRequestInfos([]), []);
  assert.deepEqual(toRequestInfos(undefined), ['undefined']);
  assert.throws(() => toRequestInfos([Symbol('a')]), TypeError);
});

test('what is no Request to begin with is refused, with its URL', () => {
  assert.throws(() => makeRequests([]), TypeError);
  for (const [bad, named] of [
    ['https://a.test/\n<b', /dangling/],
    ['https://a.test/<\tb', /dangling/],
    ['https://me:secret@a.test/', /./],
    ['https://', /./],
  ] as const) {
    assert.throws(
      () => makeRequests(['https://a.test/', bad]),
      (error: Error) => error instanceof TypeError && named.test(error.message),
    );
  }
  for (const good of ['https://a.test:8443/', 'https://a.test/<b', 'https://a.test/a\nb']) {
    assert.equal(makeRequests([good]).length, 1);
  }
  assert.deepEqual(['a\nb', '<', 'a\r<', '<\t'].map(isDangling), [false, false, true, true]);
});

test('a Request comes back from what is stored of it', async () => {
  const request = new Request('https://a.test/x?y#z', {
    method: 'PUT',
    body: 'text',
    headers: { 'X-One': '1', 'Content-Type': 'text/x' },
    credentials: 'include',
    cache: 'no-store',
    redirect: 'error',
    integrity: 'sha256-AAAA',
    referrer: 'https://a.test/from',
    referrerPolicy: 'origin',
    keepalive: true,
  });
  const bodies: RequestBodies = new Map();
  const stored = await storeRequest(request, bodies);
  const restored = restoreRequest(JSON.parse(JSON.stringify(stored)), bodies.get(stored.body!.handle!));
  for (const name of ['url', 'method', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'referrerPolicy'] as const)
    assert.equal(restored[name], request[name], name);
  assert.deepEqual([...restored.headers], [...request.headers]);
  assert.equal(await restored.text(), 'text');
  assert.equal(restored.keepalive, false, 'which is not stored');
});

test('the referrer is that of the client, without its fragment', async () => {
  const address = globalThis.location;
  for (const [href, referrer] of [
    ['https://site.test/page?q#f', 'https://site.test/page?q'],
    ['blob:https://site.test/1', 'about:client'],
  ]) {
    Object.assign(globalThis, { location: { href, origin: 'https://site.test' } });
    assert.equal((await storeRequest(new Request('https://a.test/'), new Map())).referrer, referrer);
  }
  Object.assign(globalThis, { location: address });
});

test('a body that was used cannot be stored, and the error names the request', async () => {
  const request = new Request('https://a.test/used', { method: 'POST', body: 'x' });
  await request.text();
  await assert.rejects(storeRequest(request, new Map()), { name: 'TypeError', message: /a\.test\/used/ });
});

test('what is looked for: method and headers, and options that are true or false', () => {
  const request = new Request('https://a.test/', { method: 'HEAD', headers: { A: '1' } });
  assert.deepEqual(toMatchRequest(request), { url: 'https://a.test/', method: 'HEAD', headers: [['a', '1']] });
  assert.deepEqual(toMatchRequest('https://a.test/x'), { url: 'https://a.test/x', method: 'GET', headers: [] });
  const none = { ignoreMethod: false, ignoreSearch: false, ignoreVary: false };
  assert.deepEqual(toQueryOptions(undefined), none);
  assert.deepEqual(toQueryOptions({ ignoreSearch: 'yes', ignoreVary: 0 }), { ...none, ignoreSearch: true });
  assert.throws(() => toQueryOptions(1), TypeError);
});

test('options of the user interface: members are read in the order of the standard', () => {
  const read: string[] = [];
  const spy = (names: Record<string, unknown>) =>
    new Proxy(names, { get: (target, name) => (read.push(String(name)), target[String(name)]) });
  const icon = spy({ src: 'https://a.test/i.png', sizes: '1x1', type: 'image/png', label: 'x', other: 1 });
  const converted = toUIOptions(spy({ title: '\uD800', icons: [icon, { src: 'https://' }] }));
  assert.deepEqual(read, ['icons', 'label', 'sizes', 'src', 'type', 'title']);
  assert.deepEqual(converted.icons, [{ label: 'x', sizes: '1x1', src: 'https://a.test/i.png', type: 'image/png' }]);
  assert.equal(converted.title, '\uFDD0d800');
  assert.deepEqual(toUIOptions(null), {});
  for (const bad of [1, { icons: 'a' }, { icons: [1] }, { icons: [{}] }, { title: Symbol('a') }]) {
    assert.throws(() => toUIOptions(bad), TypeError, JSON.stringify(bad));
  }
});

test('options of fetch(): what is left out, and what is none', () => {
  const { init, pieces } = toFetchOptions(undefined);
  assert.deepEqual(
    [init.icons, init.title, init.downloadTotal, init.paused, init.keep, pieces.size],
    [[], '', 0, false, undefined, 0],
  );
  assert.equal(toFetchOptions({ downloadTotal: '10' }).init.downloadTotal, 10);
  assert.equal(toFetchOptions({ downloadTotal: -1 }).init.downloadTotal, Number.MAX_SAFE_INTEGER);
  for (const paused of [null, 1, 'true']) assert.throws(() => toFetchOptions({ paused }), /options\.paused/);
  assert.throws(() => toFetchOptions({ retry: { backOff: -1 } }), /options\.retry\.backOff/);
});

test('pieces: by the URL of a request, of a whole length', () => {
  const good = { length: 1024, hashes: new Set(['sha256-AAAA']) };
  const pieces = toPieces({ 'https://a.test/x': good });
  assert.deepEqual([...pieces], [['https://a.test/x', { length: 1024, hashes: ['sha256-AAAA'] }]]);
  checkPieces(pieces, [new Request('https://a.test/x')]);
  assert.throws(() => checkPieces(pieces, [new Request('https://a.test/y')]), /a\.test\/x.* matches no request/);
  for (const bad of [{ length: 1.5, hashes: [] }, { length: '1', hashes: [] }, { length: 1, hashes: 'a' }, { length: 1 }, 1]) {
    assert.throws(
      () => toPieces({ 'https://a.test/x': bad }),
      (error: Error) => error instanceof TypeError && error.message.startsWith('options.pieces["https://a.test/x"]'),
    );
  }
  assert.throws(() => toPieces({ 'https://': good }), /is not keyed by a URL/);
  assert.equal(toPieces(undefined).size, 0);
});
