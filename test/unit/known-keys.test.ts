import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

/** The Cache API, as far as it is needed. It counts what reads all bodies in WebKit. */
let stored: Map<string, string[]>;
let listed = 0;
/** Happens while it is listed. */
let meanwhile = () => {};
const pathOf = (request: string | { url: string }) => new URL(typeof request === 'string' ? request : request.url).pathname;
const fake = {
  has: async (name: string) => stored.has(name),
  async open(name: string) {
    if (!stored.has(name)) stored.set(name, []);
    return {
      async keys() {
        listed++;
        const found = stored.get(name)!.map((key) => ({ url: `https://site.test${key}` }));
        meanwhile();
        return found;
      },
    };
  },
  match: async (request: { url: string }, { cacheName }: { cacheName: string }) =>
    stored.get(cacheName)?.includes(pathOf(request)) ? new Response('bytes') : undefined,
};
Object.assign(globalThis, { caches: fake, self: globalThis, location: new URL('https://site.test/sw.js') });
const { KnownKeys } = await import('../../jsglue/sw/known-keys');

const MANY = 8 << 20;
const put = (known: InstanceType<typeof KnownKeys>, key: string, length: number) => {
  if (!stored.has('a')) stored.set('a', []);
  stored.get('a')!.push(key);
  known.begin('a', key, length)();
};

beforeEach(() => {
  stored = new Map();
  listed = 0;
});

test('of a cache that it made it knows the keys', async () => {
  const known = new KnownKeys(true);
  await known.make('a');
  put(known, '/1', MANY);
  put(known, '/2', 10);
  put(known, '/3', 10);
  stored.set('a', ['/1', '/2']);
  known.delete('a', ['/3']);
  assert.deepEqual([await known.list('a'), listed], [['/1', '/2'], 0]);
});

test('of one that was there it asks, once', async () => {
  const known = new KnownKeys(true);
  stored.set('a', ['/0']);
  await known.make('a');
  put(known, '/1', MANY);
  assert.deepEqual([await known.list('a'), listed], [['/0', '/1'], 1]);
  put(known, '/2', MANY);
  assert.deepEqual([await known.list('a'), listed], [['/0', '/1', '/2'], 1]);
  stored.get('a')!.push('/late'); // by a worker that has died
  assert.deepEqual(await known.list('a', true), ['/0', '/1', '/2', '/late']);
});

test('it asks where the cache was deleted, and where there is another one by now', async () => {
  for (const now of [undefined, ['/3']]) {
    const known = new KnownKeys(true);
    await known.make('a');
    put(known, '/1', MANY);
    put(known, '/2', MANY);
    stored.delete('a');
    if (now) stored.set('a', now);
    known.begin('a', '/3', MANY)();
    assert.deepEqual(await known.list('a'), now ?? []);
  }
});

test('it asks where that reads few bytes, and where nothing is known for certain', async () => {
  const known = new KnownKeys(true);
  await known.make('a');
  put(known, '/1', 10);
  stored.set('a', []); // somebody deleted the entry
  assert.deepEqual(await known.list('a'), []);
  stored.set('b', ['/1']);
  meanwhile = () => {
    stored.get('b')!.push('/2');
    known.begin('b', '/2', MANY)();
  };
  assert.deepEqual(await known.list('b'), ['/1']);
  meanwhile = () => {};
  assert.deepEqual(await known.list('b'), ['/1', '/2']);
  assert.deepEqual(await known.list('absent'), []);
  assert.equal(stored.has('absent'), false);
});

test('elsewhere it asks each time', async () => {
  const known = new KnownKeys(false);
  await known.make('a');
  put(known, '/1', MANY);
  await known.list('a');
  await known.list('a');
  assert.equal(listed, 2);
});

test('what was being put into a cache that was deleted is not in the next one', async () => {
  const known = new KnownKeys(true);
  await known.make('a');
  put(known, '/1', MANY);
  const late = known.begin('a', '/2', MANY);
  stored.set('a', ['/3', '/4']);
  assert.deepEqual(await known.list('a'), ['/3', '/4']);
  late();
  assert.deepEqual(await known.list('a'), ['/3', '/4']);
});
