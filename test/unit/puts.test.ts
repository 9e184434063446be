import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostFailure } from '../../jsglue/sw/hosterror';
import { Puts } from '../../jsglue/sw/puts';

const MiB = 1 << 20;
const never = new AbortController().signal;
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A put that ends when it is told to. */
function put() {
  const { promise, resolve, reject } = withResolvers();
  let begun = false;
  return { begin: () => ((begun = true), promise), resolve, reject, isBegun: () => begun };
}

function withResolvers() {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

test('puts run beside each other within the bound, and one that is larger runs alone', async () => {
  const puts = new Puts();
  const [a, b, c] = [put(), put(), put()];
  await puts.begin(12 * MiB, a.begin, never);
  await puts.begin(12 * MiB, b.begin, never);
  const third = puts.begin(30 * MiB, c.begin, never);
  await soon();
  assert.deepEqual([a.isBegun(), b.isBegun(), c.isBegun()], [true, true, false]);
  a.resolve();
  await soon();
  assert.equal(c.isBegun(), false, 'the other one holds room');
  b.resolve();
  await third;
  assert.equal(c.isBegun(), true);
  c.resolve();
  await puts.settled();
});

test('a put that fails is told to who asks, once, and gives its room back', async () => {
  const puts = new Puts();
  const a = put();
  const number = await puts.begin(24 * MiB, a.begin, never);
  a.reject(new DOMException('full', 'QuotaExceededError'));
  await assert.rejects(puts.stored(number, never), /full/);
  await assert.rejects(puts.stored(number, never), (error) => error instanceof HostFailure && error.code === 'internal');
  const b = put();
  await puts.begin(24 * MiB, b.begin, never);
  assert.equal(b.isBegun(), true);
  b.resolve();
});

test('who waits for room can be cancelled, and its put never begins', async () => {
  const puts = new Puts();
  const [a, b] = [put(), put()];
  await puts.begin(24 * MiB, a.begin, never);
  const abort = new AbortController();
  const waiting = puts.begin(1, b.begin, abort.signal);
  abort.abort();
  await assert.rejects(waiting, (error) => error instanceof HostFailure && error.code === 'stopped');
  a.resolve();
  await soon();
  assert.equal(b.isBegun(), false);
});

test('one that never ends is given up, and keeps no room', { timeout: 10_000 }, async () => {
  const puts = new Puts();
  const [a, b] = [put(), put()];
  const number = await puts.begin(24 * MiB, a.begin, never);
  const abort = new AbortController();
  const stored = puts.stored(number, abort.signal);
  const next = puts.begin(1, b.begin, never);
  abort.abort();
  await assert.rejects(stored, /did not answer/);
  await next;
  b.resolve();
});
