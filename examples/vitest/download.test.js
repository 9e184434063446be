import { expect, inject, test } from 'vitest';
import { download } from './download.js';

const server = inject('faults');

/** A resource of another origin, with a name that no other test has; what is wrong with it stands in its URL. */
const resource = (name, faults) =>
  `${server}/file/${name}?${new URLSearchParams({ size: 1_000_000, cors: 1, expose: 'Content-Range, ETag, Retry-After', ...faults })}`;
const log = async (name) => (await fetch(`${server}/__log__?name=${name}`)).json();

test('a connection that is reset costs one more request', async () => {
  const { result, downloaded } = await download('reset', resource('reset', { cut: 400_001 }));
  expect([result, downloaded]).toEqual(['success', 1_000_000]);
  expect((await log('reset')).map(({ outcome }) => outcome)).toEqual(['cut', 'complete']);
});

test('without CORS headers there is no download', async () => {
  const { result, failureReason } = await download('hidden', resource('hidden', { cors: 0 }));
  expect([result, failureReason]).toEqual(['failure', 'fetch-error']);
});

test('a server that is busy is asked again when it says', async () => {
  const { result } = await download('busy', resource('busy', { status: 503, retryafter: 1, statuscount: 1 }));
  expect(result).toBe('success');
  expect((await log('busy')).map(({ status }) => status)).toEqual([503, 200]);
});
