import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SaveLimits } from '../../jsglue/sw/host';
import { HostFailure } from '../../jsglue/sw/hosterror';
import { SegmentReader } from '../../jsglue/sw/segments';

const never = new AbortController().signal;
const eager: SaveLimits = { minLength: 1, maxLength: 10, minTimeMs: 0, maxTimeMs: 0 };
const lazy: SaveLimits = { minLength: 1000, maxLength: 2000, minTimeMs: 1000, maxTimeMs: 60_000 };

/** A body that brings these chunks, and then ends, errors, or stays open. */
function body(chunks: number[][], then: 'end' | 'error' | 'open' = 'end'): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk) controller.enqueue(new Uint8Array(chunk));
      else if (then === 'end') controller.close();
      else if (then === 'error') controller.error(new TypeError('broken'));
      else return new Promise<void>(() => {});
      return undefined;
    },
  });
}

const bytes = (chunks: Uint8Array[]): number[] => chunks.flatMap((chunk) => [...chunk]);
const count = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

async function all(reader: SegmentReader, limits: SaveLimits): Promise<number[][]> {
  const cuts: number[][] = [];
  for (;;) {
    const { chunks, length, end } = await reader.cut(limits, never);
    assert.equal(bytes(chunks).length, length);
    cuts.push(bytes(chunks));
    if (end) return cuts;
  }
}

test('no segment is longer than its limit, and no byte is lost where a chunk is split', async () => {
  const cuts = await all(new SegmentReader(body([count(25), count(3, 25), [], count(4, 28)])), eager);
  assert.ok(cuts.every((cut) => cut.length <= 10));
  assert.deepEqual(cuts.flat(), count(32));
});

test('an empty body, and none, end with a segment of no bytes', async () => {
  for (const empty of [null, body([]), body([[]])]) {
    assert.deepEqual(await new SegmentReader(empty).cut(lazy, never), { chunks: [], length: 0, end: true });
  }
});

test('the end is told with the last bytes', async () => {
  const { length, end } = await new SegmentReader(body([count(5)])).cut(lazy, never);
  assert.deepEqual([length, end], [5, true]);
});

test('what came before a break is cut first, and then the break is told', async () => {
  const reader = new SegmentReader(body([count(5)], 'error'));
  const first = await reader.cut(lazy, never);
  assert.deepEqual([bytes(first.chunks), first.end], [count(5), false]);
  await assert.rejects(reader.cut(lazy, never), (error) => error instanceof HostFailure && error.code === 'network');
});

test('stop() leaves what was read, and its reason', async () => {
  const reader = new SegmentReader(body([count(5)], 'open'));
  const cut = reader.cut(lazy, never);
  await new Promise((resolve) => setTimeout(resolve, 10));
  reader.stop(new HostFailure('stopped', 'enough'));
  assert.equal((await cut).length, 5);
  await assert.rejects(reader.cut(lazy, never), /enough/);
});

test('an aborted call loses nothing', async () => {
  const reader = new SegmentReader(body([count(5)], 'open'));
  const abort = new AbortController();
  const cut = reader.cut(lazy, abort.signal);
  await new Promise((resolve) => setTimeout(resolve, 10));
  abort.abort();
  await assert.rejects(cut, (error) => error instanceof HostFailure && error.code === 'stopped');
  assert.equal(reader.buffered, 5);
  assert.equal((await reader.cut(eager, never)).length, 5);
});

test('time makes a segment of what is there: the least where that is enough, else the most', async () => {
  for (const [minLength, least, most] of [
    [5, 30, 200],
    [6, 150, 1000],
  ] as const) {
    const reader = new SegmentReader(body([count(5)], 'open'));
    const from = performance.now();
    await reader.cut({ minLength, maxLength: 100, minTimeMs: 40, maxTimeMs: 200 }, never);
    const took = performance.now() - from;
    assert.ok(took >= least && took < most, `${took} ms for at least ${minLength} bytes`);
  }
});

test('no more is read ahead than one segment', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>(
    { pull: (controller) => (pulled++, controller.enqueue(new Uint8Array(10))) },
    { highWaterMark: 0 },
  );
  const reader = new SegmentReader(endless);
  await reader.cut({ ...eager, maxLength: 20 }, never);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const before = pulled;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(pulled, before);
  // The first bytes are read before there is a limit.
  assert.ok(reader.buffered <= 1 << 20 && reader.buffered >= 20, `${reader.buffered} bytes`);
  reader.stop(new HostFailure('stopped', ''));
});

test('ended tells whether the body has ended cleanly, and takes nothing of it', async () => {
  for (const then of ['end', 'error'] as const) {
    const reader = new SegmentReader(body([count(5)], then));
    assert.equal(await reader.ended, then === 'end');
    assert.equal(reader.buffered, 5);
    assert.equal((await reader.cut(eager, never)).length, 5);
  }
});
