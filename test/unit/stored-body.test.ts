import './realm';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { BodySource } from '../../jsglue/shared/body-source';
import { StoredBody } from '../../jsglue/shared/stored-body';
import { CACHE, planOf, Plans, store, textOf } from './plans';

const PATH = 'fetches/u/records/0/plan?generation=0';

const sourceOf = (transport: Plans): BodySource => ({ transport, path: 'fetches/u', open: new Set() });

afterEach(() => caches.delete(CACHE));

test('the first plan is used up before another one is asked for', async () => {
  const [a, b, c, d] = await store('abc', 'def', 'ghi', 'jkl');
  const plans = new Plans(planOf([c!]), planOf([d!], { end: true }));
  const reader = new StoredBody(sourceOf(plans), PATH, { first: planOf([a!, b!]) }).stream.getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  assert.deepEqual([await next(), await next(), plans.asked], ['abc', 'def', []]);
  assert.deepEqual([await next(), plans.asked], ['ghi', ['from=6&wait=1']]);
  assert.equal(await next(), 'jkl');
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(plans.asked, ['from=6&wait=1', 'from=9&wait=1']);
});

test('a body all of which the first plan names asks nothing, and nothing of it is open any more', async () => {
  const plans = new Plans();
  const source = sourceOf(plans);
  const body = new StoredBody(source, PATH, { first: planOf(await store('abc', 'def'), { end: true }) });
  const reader = body.stream.getReader();
  assert.equal(source.open.size, 1, 'before it is read');
  await reader.read();
  assert.equal(source.open.size, 0, 'when all is known');
  await reader.read();
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(plans.asked, []);
});

test('a range is cut out of its segments, and what comes after it is not asked for', async () => {
  const segments = await store('abc', 'def', 'ghi');
  for (const [from, to, text] of [
    [0, 9, 'abcdefghi'],
    [1, 8, 'bcdefgh'],
    [4, 5, 'e'],
    [3, 6, 'def'],
    [8, 9, 'i'],
    [5, 5, ''],
  ] as const) {
    const first = planOf(segments.filter(({ offset, length }) => offset < to && offset + length > from));
    const plans = new Plans();
    const source = sourceOf(plans);
    assert.equal(await textOf(new StoredBody(source, PATH, { from, to, first }).stream), text);
    assert.deepEqual([plans.asked, source.open.size], [[], 0]);
  }
});

test('without a first plan it is asked for, when somebody reads', async () => {
  const plans = new Plans(planOf(await store('abc'), { end: true }));
  const { stream } = new StoredBody(sourceOf(plans), PATH);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(plans.asked, []);
  assert.equal(await textOf(stream), 'abc');
  assert.deepEqual(plans.asked, ['from=0&wait=1']);
});

test('who waits in vain seeks with the next question, and with that alone', async () => {
  const [a, b] = await store('abc', 'def');
  const plans = new Plans(planOf([]), planOf([a!]), planOf([b!], { end: true }));
  assert.equal(await textOf(new StoredBody(sourceOf(plans), PATH).stream), 'abcdef');
  assert.deepEqual(plans.asked, ['from=0&wait=1', 'from=0&wait=1&seek=1', 'from=3&wait=1']);
});

test('a body that was held is readable when its cache is deleted', async () => {
  const segments = await store('abc', 'def');
  const plans = new Plans(planOf(segments, { end: true }));
  const body = new StoredBody(sourceOf(plans), PATH, { first: planOf(segments.slice(0, 1)) });
  const reader = body.stream.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  assert.equal(await read(), 'abc');
  assert.deepEqual((await body.hold())?.segments, segments);
  await caches.delete(CACHE);
  assert.equal(await read(), 'def', 'once, though two plans name it');
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(plans.asked, ['from=3']);
});

test('held before it is read: the older first plan adds nothing', async () => {
  const segments = await store('abc', 'def');
  const plans = new Plans(planOf(segments, { end: true }));
  const body = new StoredBody(sourceOf(plans), PATH, { first: planOf(segments.slice(0, 1)) });
  await body.hold();
  assert.equal(await textOf(body.stream), 'abcdef');
  assert.deepEqual(plans.asked, ['from=0']);
});

test('a body that fails says why: in the first plan, in a later one, or by what is not there', async () => {
  const [a] = await store('abc');
  for (const [first, then] of [
    [planOf([], { failed: 'fetch-error' }), undefined],
    [planOf([a!]), planOf([], { failed: 'fetch-error' })],
    [undefined, planOf([], { failed: 'fetch-error' })],
  ] as const) {
    const plans = new Plans(...(then ? [then] : []));
    const body = new StoredBody(sourceOf(plans), PATH, { first, of: 'film' });
    await assert.rejects(textOf(body.stream), { name: 'TypeError', message: /film/ });
    assert.equal(plans.asked.length, then ? 1 : 0);
  }
  const gone = new StoredBody(sourceOf(new Plans()), PATH, { first: planOf([a!], { cache: 'no such cache' }) });
  await assert.rejects(textOf(gone.stream), { name: 'TypeError' });
  const aborted = new StoredBody(sourceOf(new Plans()), PATH, { first: planOf([], { failed: 'aborted' }) });
  await assert.rejects(textOf(aborted.stream), { name: 'AbortError' });
});

test('the body of a bad status is empty', async () => {
  assert.equal(await textOf(new StoredBody(sourceOf(new Plans(planOf([], { failed: 'bad-status' }))), PATH).stream), '');
});

test('a segment that is gone is asked for anew', async () => {
  const segments = await store('abc', 'def');
  const cache = await caches.open(CACHE);
  await cache.delete(segments[1]!.key);
  const found = { ...segments[1]!, key: '/elsewhere' };
  await cache.put(found.key, new Response('DEF'));
  const plans = new Plans(planOf([found], { end: true }));
  const { stream } = new StoredBody(sourceOf(plans), PATH, { first: planOf(segments, { end: true }) });
  assert.equal(await textOf(stream), 'abcDEF');
  assert.deepEqual(plans.asked, ['from=3&wait=1']);
});

test('a segment that is shorter than its plan says is an error', async () => {
  const [segment] = await store('abc');
  const first = planOf([{ ...segment!, length: 4 }], { end: true });
  await assert.rejects(textOf(new StoredBody(sourceOf(new Plans()), PATH, { first }).stream), /shorter/);
});

test('who cancels while the program is waited for tells it so', async () => {
  const plans = new Plans();
  const source = sourceOf(plans);
  const reader = new StoredBody(source, PATH).stream.getReader();
  const read = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(plans.signals[0]!.aborted, false);
  await reader.cancel();
  assert.equal((await read).done, true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(plans.signals[0]!.aborted, true);
  assert.equal(source.open.size, 0);
});
