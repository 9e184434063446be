import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { Format } from '../../jsglue/component/format';
import { Rate } from '../../jsglue/component/rate';
import { fileNameOf } from '../../jsglue/shared/file-name';
import { bodyCaches, cachePrefix, hasProgram, hasWork, isOwnCache } from '../../jsglue/shared/names';
import { fromWire, toWire } from '../../jsglue/shared/wire-text';
import { crc32 } from '../../jsglue/sw/crc32';

test('texts come back from the wire as they were, and no two are the same on it', () => {
  const texts = [
    '',
    'a',
    '\uD800',
    '\uDC00',
    '\uD800\uDC00',
    '\uDC00\uD800',
    '\uFDD0',
    '\uFDD0d800',
    'x\uD83Dy',
    '😀\uDE00',
    '\uFFFD',
  ];
  for (const text of texts) assert.equal(fromWire(toWire(text)), text);
  const sent = texts.map((text) => new TextDecoder().decode(new TextEncoder().encode(toWire(text))));
  assert.equal(new Set(sent).size, texts.length);
  assert.equal(toWire('plain ä 😀'), 'plain ä 😀');
});

test('the name of a file by its URL', () => {
  for (const [url, name] of [
    ['https://a.test/x/film.mp4?v=1#t', 'film.mp4'],
    ['https://a.test/x/', 'x'],
    ['https://a.test/', 'a.test'],
    ['https://a.test/b%C3%A4r%20.txt', 'bär .txt'],
    ['https://a.test/100%.txt', '100%.txt'],
    ['https://a.test/%FF%FE', '%FF%FE'],
    ['https://a.test/gpj.%E2%80%AEexe', 'gpj.exe'],
    ['https://a.test/%E2%80%8B', 'a.test'],
  ]) {
    assert.equal(fileNameOf(url!), name);
  }
});

test('the sum of a ZIP, however the bytes come', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7919) & 255);
  const whole = crc32(0, bytes);
  assert.equal(crc32(0, new TextEncoder().encode('123456789')), 0xcbf43926);
  assert.equal(crc32(0, new Uint8Array()), 0);
  for (const at of [0, 1, 2, 3, 4, 5, 500, 999, 1000])
    assert.equal(crc32(crc32(0, bytes.subarray(0, at)), bytes.subarray(at)), whole);
  if ('crc32' in zlib) assert.equal((zlib as unknown as { crc32(b: Uint8Array): number }).crc32(bytes), whole);
});

test('caches are those of a scope, and not of one that begins alike', () => {
  const scope = 'https://a.test/';
  const names = [
    `${cachePrefix('data', scope)}one`,
    `${cachePrefix('data', scope)}two`,
    `${cachePrefix('kept', scope)}two`,
    `${cachePrefix('data', 'https://a.test/:x/')}three`,
    `${cachePrefix('program', 'https://a.test/sub/')}hash`,
    'site',
  ];
  assert.deepEqual(bodyCaches(names, scope).sort(), names.slice(0, 3).sort());
  assert.equal(hasWork(names, scope), true);
  assert.equal(hasWork(names.slice(1), scope), false, 'what is kept is no work');
  assert.deepEqual([hasProgram(names, scope), hasProgram(names, 'https://a.test/sub/')], [false, true]);
  assert.deepEqual(names.map(isOwnCache), [true, true, true, true, true, false]);
});

test('a rate is that of the last seconds, and begins anew where the value falls', () => {
  const rate = new Rate();
  assert.equal(rate.perSecond(), undefined);
  rate.add(0, 0);
  rate.add(100, 500);
  assert.equal(rate.perSecond(), undefined, 'too early to say');
  for (let second = 1; second <= 20; second++) rate.add(second < 10 ? 0 : (second - 10) * 1000, second * 1000 + 1000);
  assert.equal(rate.perSecond(), 1000);
  rate.add(5, 22_000);
  assert.equal(rate.perSecond(), undefined);
});

test('amounts and times for people', () => {
  const format = new Format('en');
  assert.equal(format.bytes(0), '0 byte');
  assert.equal(format.bytes(999), '999 byte');
  assert.equal(format.bytes(1000), '1 kB');
  assert.equal(format.bytes(12_345_678), '12.3 MB');
  assert.equal(format.bytes(500, 2_000_000), '0 MB');
  assert.equal(format.progress(1_500_000, 62_914_560), '1.5 / 62.9 MB');
  assert.equal(format.duration(0), '1 sec');
  assert.equal(format.duration(61), '2 min');
  assert.equal(format.duration(5400), '2 hr');
});
