import './realm';
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { formDataBody } from '../../jsglue/shared/form-data-bodies';
import { PART_BYTES } from '../../jsglue/shared/protocol';
import { type BodyParts, storedRequestBody, storeRequestBody } from '../../jsglue/shared/request-body';
import { noteRequests, notesOf } from '../../jsglue/shared/request-notes';

afterEach(() => caches.delete('uploads'));

test('a form with a file is put together as the browser itself does it', async () => {
  const realm = { Request: class extends Request {} };
  noteRequests(realm);
  const form = new FormData();
  form.append('text', 'one\ntwo\rthree\r\n');
  form.append('na"me\n', 'ä');
  form.append('file', new File(['body\n'], 'f"i\nle.txt', { type: 'text/plain' }));
  form.append('file', new Blob([new Uint8Array([0, 255, 13, 10])]), 'blob');
  form.append('empty', new File([], 'none'));
  const request = new realm.Request('https://a.test/', { method: 'POST', body: form });
  const own = formDataBody(request)!;
  assert.equal(own.type, '');
  assert.deepEqual(Buffer.from(await own.arrayBuffer()), Buffer.from(await request.arrayBuffer()));
});

test('what is noted of a Request: a Blob, or a form with a file, also of its clones and copies', () => {
  const realm = { Request: class extends Request {} };
  noteRequests(realm);
  const make = (input: RequestInfo, init?: RequestInit) => new realm.Request(input, init);
  const blob = new Blob(['a']);
  const request = make('https://a.test/', { method: 'POST', body: blob });
  assert.equal(notesOf(request).blob, blob);
  assert.equal(notesOf(request.clone()).blob, blob);
  assert.equal(notesOf(make(request)).blob, blob);
  assert.equal(notesOf(make(request, { method: 'PUT', body: 'other' })).blob, undefined);
  const texts = new FormData();
  texts.append('a', 'b');
  assert.equal(formDataBody(make('https://a.test/', { method: 'POST', body: texts })), undefined);
  assert.equal(notesOf(make('https://a.test/\n<')).dangling, true);
  assert.deepEqual(notesOf(make('https://a.test/')), {});
});

/** A body that is elsewhere, and tells which parts are asked for. */
function elsewhere(size: number): { body: BodyParts; asked: number[] } {
  const asked: number[] = [];
  const slice = async (start: number, end: number) => {
    asked.push(start);
    return new Blob([`${start / PART_BYTES}`.repeat(Math.min(end, size) - start)]);
  };
  return { body: { size, slice }, asked };
}

test('a large request body is stored in parts, and comes back whole', async () => {
  const cache = await caches.open('uploads');
  const size = 2 * PART_BYTES + 3;
  const { body, asked } = elsewhere(size);
  await storeRequestBody(cache, '/body', body);
  assert.deepEqual(asked, [0, PART_BYTES, 2 * PART_BYTES]);
  const stored = await storedRequestBody(cache, '/body', size);
  assert.equal(stored.size, size);
  const around = async (at: number) => stored.slice(at - 2, at + 2).text();
  assert.deepEqual([await around(PART_BYTES), await around(2 * PART_BYTES)], ['0011', '1122']);
  await cache.delete(`/body/${PART_BYTES}`);
  await assert.rejects(storedRequestBody(cache, '/body', size), TypeError);
});

test('a body of exactly one part, and one of no bytes, are one entry', async () => {
  const cache = await caches.open('uploads');
  for (const size of [PART_BYTES, 0]) {
    const { body, asked } = elsewhere(size);
    await storeRequestBody(cache, `/body${size}`, body);
    assert.deepEqual(asked, [0]);
    assert.equal((await storedRequestBody(cache, `/body${size}`, size)).size, size);
  }
});
