import './realm';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type Part, STORED_BODY } from '../../jsglue/shared/plan';
import type { Snapshot } from '../../jsglue/shared/protocol';
import { crc32 } from '../../jsglue/sw/crc32';
import { Served } from '../../jsglue/sw/served';
import { CACHE, planOf, Plans, store } from './plans';

const PLAN = 'fetches/u/records/0/plan?generation=0';

/** What the program answers where it names bytes. */
const answer = (...parts: Part[]): Response =>
  new Response(JSON.stringify({ parts }), { status: 206, headers: { [STORED_BODY]: '1', ETag: '"v1"' } });

/** How often it was told that nothing more is sent. */
function counter() {
  let calls = 0;
  return { done: () => void calls++, calls: () => calls };
}

afterEach(() => caches.delete(CACHE));

test('a stored body is served by the one answer that names it', async () => {
  const plans = new Plans();
  const { done, calls } = counter();
  const first = planOf(await store('abc', 'def'), { end: true });
  const response = await new Served(plans).response(answer({ plan: PLAN, from: 1, to: 5, first }), done);
  assert.deepEqual([response.status, response.headers.get('ETag'), response.headers.get(STORED_BODY)], [206, '"v1"', null]);
  assert.equal(calls(), 0);
  assert.equal(await response.text(), 'bcde');
  assert.deepEqual([plans.asked, calls()], [[], 1]);
});

test('of one that still grows more is asked for when the first plan is used up', async () => {
  const [a, b] = await store('abc', 'def');
  const plans = new Plans(planOf([b!], { end: true }));
  const served = new Served(plans);
  const response = await served.response(answer({ plan: PLAN, from: 0, to: -1, first: planOf([a!]) }), () => {});
  const reader = response.body!.getReader();
  await reader.read();
  assert.deepEqual(plans.asked, []);
  await reader.read();
  assert.equal((await reader.read()).done, true);
  assert.deepEqual(plans.asked, ['from=3&wait=1']);
});

test('what names no bytes is the answer itself', async () => {
  const { done, calls } = counter();
  const own = new Response('{}', { status: 404 });
  assert.equal(await new Served(new Plans()).response(own, done), own);
  assert.equal(calls(), 1);
});

test('an archive: given bytes with the sums of the stored ones before them', async () => {
  const segments = await store('abc', 'def');
  const plans = new Plans(planOf(segments, { end: true }), planOf(segments, { end: true }));
  const parts: Part[] = [
    { bytes: btoa('head') },
    { plan: PLAN, from: 0, to: 6 },
    { bytes: btoa('----mid'), sums: [{ at: 0, of: 1 }] },
    { plan: PLAN, from: 0, to: 3 },
    {
      bytes: btoa('--------'),
      sums: [
        { at: 0, of: 3 },
        { at: 4, of: 1 },
      ],
    },
  ];
  const { done, calls } = counter();
  const response = await new Served(plans).response(answer(...parts), done);
  const sum = (text: string) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(crc32(0, new TextEncoder().encode(text)));
    return bytes;
  };
  const want = [Buffer.from('headabcdef'), sum('abcdef'), Buffer.from('midabc'), sum('abc'), sum('abcdef')];
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.concat(want));
  assert.deepEqual([plans.asked.length, calls()], [2, 1]);
});

test('before what has settled is deleted, its readers learn where their bytes are', async () => {
  const segments = await store('abc', 'def');
  const plans = new Plans(planOf(segments, { end: true }));
  const served = new Served(plans);
  const first = planOf(segments.slice(0, 1));
  const reader = (await served.response(answer({ plan: PLAN, from: 0, to: 6, first }), () => {})).body!.getReader();
  await reader.read();
  await served.hold([{ uniqueId: 'other', result: 'success' } as Snapshot, { uniqueId: 'u', result: '' } as Snapshot]);
  assert.deepEqual(plans.asked, []);
  await served.hold([{ uniqueId: 'u', result: 'success' } as Snapshot]);
  assert.deepEqual(plans.asked, ['from=3']);
  await caches.delete(CACHE);
  assert.equal(new TextDecoder().decode((await reader.read()).value), 'def');
});

test('who stops reading, and what fails, is the end of it', async () => {
  const first = planOf(await store('abc'));
  for (const end of ['cancel', 'fail'] as const) {
    const { done, calls } = counter();
    const plans = new Plans(planOf([], { failed: 'fetch-error' }));
    const response = await new Served(plans).response(answer({ plan: PLAN, from: 0, to: -1, first }), done);
    const reader = response.body!.getReader();
    await reader.read();
    if (end === 'cancel') await reader.cancel();
    else await assert.rejects(reader.read(), TypeError);
    assert.equal(calls(), 1, end);
  }
});
