import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Audience } from '../../jsglue/component/connection';
import { BackgroundFetchStore, NO_BACKGROUND_FETCH } from '../../jsglue/frameworks/background-fetch';
import { DownloadsStore, NO_DOWNLOADS } from '../../jsglue/frameworks/downloads';
import { useBackgroundFetch, useDownloads } from '../../jsglue/frameworks/svelte';
import type { Ended, Listing } from '../../jsglue/shared/listings';

const settle = () => new Promise(setImmediate);

/** Stores want a document. */
function inPage(t: TestContext): void {
  Object.assign(globalThis, { document: {} });
  t.after(() => Reflect.deleteProperty(globalThis, 'document'));
}

const listing = (members: Partial<Listing>): Listing => ({
  ...{ engine: 1, revision: 1, uniqueId: 'u1', id: 'film', title: 'Film', url: 'https://a.test/film', records: 1, created: 5 },
  ...{ uploadTotal: 0, uploaded: 0, downloadTotal: 0, downloaded: 0, total: 0, paused: false },
  ...{ result: '', failureReason: '', recordsAvailable: true, state: 'running' },
  ...members,
});
const ended = (members: Partial<Ended>): Ended => ({
  ...listing({ result: 'success', state: 'settled', ...members }),
  ...{ number: 1, ended: Date.now() + 1000, ...members },
});

class Registration extends EventTarget {
  uploadTotal = 0;
  uploaded = 0;
  downloadTotal = 10;
  downloaded = 0;
  result = '';
  failureReason = '';
  state: string | undefined = 'running';

  tell(members: Partial<Registration>, type = 'progress'): void {
    Object.assign(this, members);
    this.dispatchEvent(new Event(type));
  }
}

/** A worker: what it tells is told by hand, and `get` is what the manager gives. */
function worker() {
  const seen = { opened: 0, closed: 0, asked: 0 };
  const manager = {
    get: async (_id: string): Promise<Registration | undefined> => undefined,
  };
  let audience!: Audience;
  const registration: { backgroundFetch?: unknown } = {
    backgroundFetch: { get: (id: string) => (seen.asked++, manager.get(id)) },
  };
  const downloads = new DownloadsStore((given) => {
    seen.opened++;
    audience = given;
    return { registration: registration as unknown as ServiceWorkerRegistration, close: () => void seen.closed++ };
  });
  const show = (fetches: Listing[], ended: Ended[] = []) => audience.show({ fetches, groups: [], ended });
  return { seen, manager, registration, downloads, show, audience: () => audience };
}

/** Its values from now on. */
function valuesOf<T>(store: { subscribe(listener: () => void): () => void; getSnapshot(): T }) {
  const values: T[] = [];
  const end = store.subscribe(() => void values.push(store.getSnapshot()));
  return { values, end };
}

test('downloads: what is active and has ended, and the same objects while nothing changes', (t) => {
  inPage(t);
  const { downloads, show } = worker();
  const { values } = valuesOf(downloads);
  assert.equal(downloads.getSnapshot(), NO_DOWNLOADS);
  const old = ended({ uniqueId: 'u0', id: 'old', kept: true, group: 'g\uFDD0d800' });
  show([listing({}), listing({ uniqueId: 'u2', id: 'other', retryAt: 7 })], [old]);
  const [first] = values;
  assert.deepEqual(
    [first!.ready, first!.active.map(({ id }) => id), first!.ended.map(({ id }) => id)],
    [true, ['film', 'other'], ['old']],
  );
  const [film, other] = first!.active;
  assert.deepEqual([film!.created, film!.retryAt, other!.retryAt, film!.icon], [new Date(5), null, new Date(7), '']);
  assert.deepEqual([first!.ended[0]!.kept, first!.ended[0]!.group, first!.ended[0]!.state], [true, 'g\uD800', 'settled']);

  show([listing({ revision: 9 }), listing({ uniqueId: 'u2', id: 'other', retryAt: 7 })], [old]);
  assert.equal(downloads.getSnapshot(), first);
  assert.equal(values.length, 1);

  show([listing({ downloaded: 3 }), listing({ uniqueId: 'u2', id: 'other', retryAt: 7 })], [old]);
  const second = downloads.getSnapshot();
  assert.equal(second.active[0]!.downloaded, 3);
  assert.equal(film!.downloaded, 0);
  assert.deepEqual([second.active[1] === other, second.ended === first!.ended, second === first], [true, true, false]);
});

test('downloads: trouble is told, and over; without a worker there is nothing', (t) => {
  inPage(t);
  const { downloads, show, audience } = worker();
  const { values } = valuesOf(downloads);
  show([listing({})]);
  audience().trouble('why');
  const { error, active } = downloads.getSnapshot();
  assert.deepEqual([error?.message, active.length], ['why', 1]);
  audience().trouble(null);
  audience().trouble(null);
  assert.equal(downloads.getSnapshot().error, null);
  assert.equal(values.length, 3);
  audience().missing();
  assert.equal(downloads.getSnapshot(), NO_DOWNLOADS);
});

test('downloads: one connection for all, which outlives a short absence', (t) => {
  inPage(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { downloads, seen, show } = worker();
  const listener = () => {};
  const ends = [downloads.subscribe(listener), downloads.subscribe(listener)];
  show([listing({})]);
  ends.forEach((end) => (end(), end()));
  t.mock.timers.tick(999);
  downloads.subscribe(listener)();
  t.mock.timers.tick(999);
  assert.deepEqual([seen.opened, seen.closed, downloads.getSnapshot().ready], [1, 0, true]);
  t.mock.timers.tick(1);
  assert.deepEqual([seen.opened, seen.closed, downloads.getSnapshot()], [1, 1, NO_DOWNLOADS]);
  downloads.subscribe(listener);
  assert.equal(seen.opened, 2);
});

test('on a server nothing is asked, and there is nothing', () => {
  const { downloads, seen } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  const { values, end } = valuesOf(store);
  end();
  assert.deepEqual([seen.opened, values, store.getSnapshot()], [0, [], NO_BACKGROUND_FETCH]);
  const told: unknown[] = [];
  useBackgroundFetch('film').subscribe((value) => told.push(value))();
  useDownloads({ scope: '/a/' }).subscribe((value) => told.push(value))();
  assert.deepEqual(told, [NO_BACKGROUND_FETCH, NO_DOWNLOADS]);
});

test('a background fetch: found when it is there, followed, and shown when it has ended', async (t) => {
  inPage(t);
  const { downloads, manager, seen, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  const { values } = valuesOf(store);
  show([listing({ id: 'other' })]);
  assert.deepEqual(store.getSnapshot(), { ...NO_BACKGROUND_FETCH, ready: true });
  assert.equal(seen.asked, 0);

  const registration = new Registration();
  manager.get = async () => registration;
  show([listing({ total: 20 })]);
  await settle();
  const found = store.getSnapshot();
  assert.deepEqual(
    [found.registration as unknown, found.downloaded, found.downloadTotal, found.total, found.state, found.result],
    [registration, 0, 10, 20, 'running', ''],
  );
  const before = values.length;
  registration.tell({ downloaded: 5 });
  registration.tell({}, 'progress');
  registration.tell({ state: 'paused' }, 'statechange');
  assert.deepEqual(
    values.slice(before).map(({ downloaded, state }) => [downloaded, state]),
    [
      [5, 'running'],
      [5, 'paused'],
    ],
  );
  show([listing({ total: 20, downloaded: 5 })]);
  assert.equal(values.length, before + 2, 'what the registration has told already');

  registration.tell({ downloaded: 10, result: 'success', state: 'settled' });
  show([], [ended({ total: 20 })]);
  show([]); // removed from the history
  await settle();
  const { result, state, total, registration: last } = store.getSnapshot();
  assert.deepEqual([result, state, total, last as unknown], ['success', 'settled', 20, registration]);
  assert.equal(seen.asked, 1);

  const next = new Registration();
  manager.get = async () => next;
  show([listing({ uniqueId: 'u2' })]);
  assert.deepEqual([store.getSnapshot().result, store.getSnapshot().registration], ['', null]);
  await settle();
  assert.equal(store.getSnapshot().registration as unknown, next);
  registration.tell({ downloaded: 99 });
  assert.equal(store.getSnapshot().downloaded, 0, 'of the one before nothing is heard');
});

test('a background fetch that ended before it was asked for: how, and no more', async (t) => {
  inPage(t);
  const { downloads, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  store.subscribe(() => {});
  show([], [ended({ ended: Date.now() - 5000 })]);
  assert.deepEqual(store.getSnapshot(), { ...NO_BACKGROUND_FETCH, ready: true }, 'long ago');
  show([listing({})]);
  await settle();
  assert.equal(store.getSnapshot().state, 'running');
  assert.equal(store.getSnapshot().detail, '');
  show([], [ended({ downloaded: 3, result: 'failure', failureReason: 'bad-status', detail: 'status 404' })]);
  const { registration, downloaded, result, failureReason, detail, state } = store.getSnapshot();
  assert.deepEqual([registration, downloaded, result, failureReason], [null, 3, 'failure', 'bad-status']);
  assert.deepEqual([detail, state], ['status 404', 'settled']);
  show([]);
  assert.equal(store.getSnapshot().state, null, 'removed from the history');
});

test('a background fetch: while it is asked for another one begins, or nobody looks any more', async (t) => {
  inPage(t);
  const { downloads, manager, seen, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  const { end } = valuesOf(store);
  const answers: ((registration: Registration) => void)[] = [];
  manager.get = () => new Promise((resolve) => answers.push(resolve));
  show([listing({})]);
  show([listing({ uniqueId: 'u2', downloaded: 1 })]);
  assert.equal(seen.asked, 1, 'one question at a time');
  answers[0]!(Object.assign(new Registration(), { result: 'failure' }));
  await settle();
  assert.deepEqual([seen.asked, store.getSnapshot().registration, store.getSnapshot().downloaded], [2, null, 1]);
  end();
  const late = new Registration();
  answers[1]!(late);
  await settle();
  assert.equal(store.getSnapshot().registration, null);
  store.subscribe(() => {});
  answers[2]!(late);
  await settle();
  assert.equal(store.getSnapshot().registration as unknown, late);
});

test("a background fetch: the browser's own has no state, and the same id again", async (t) => {
  inPage(t);
  const { downloads, manager, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  store.subscribe(() => {});
  const registration = Object.assign(new Registration(), { state: undefined });
  manager.get = async () => registration;
  const native = listing({ uniqueId: 'film' });
  show([native]);
  await settle();
  assert.equal(store.getSnapshot().state, 'running');
  registration.tell({ result: 'success' });
  assert.equal(store.getSnapshot().state, 'settled');
  const again = Object.assign(new Registration(), { state: undefined });
  manager.get = async () => again;
  show([native, listing({ id: 'other' })]);
  await settle();
  assert.equal(store.getSnapshot().registration as unknown, again);
});

test('a background fetch whose registration cannot be had: why, until it can', async (t) => {
  inPage(t);
  const { downloads, registration, manager, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  store.subscribe(() => {});
  const { backgroundFetch } = registration;
  delete registration.backgroundFetch;
  show([listing({})]);
  await settle();
  assert.match(store.getSnapshot().error!.message, /call install\(\)/);
  registration.backgroundFetch = backgroundFetch;
  manager.get = async () => new Registration();
  show([listing({ downloaded: 1 })]);
  await settle();
  assert.deepEqual([store.getSnapshot().error, store.getSnapshot().registration !== null], [null, true]);
});

test('a background fetch that nobody looks at is not followed, and is again', async (t) => {
  inPage(t);
  const { downloads, manager, show } = worker();
  const store = new BackgroundFetchStore('film', downloads);
  const registration = new Registration();
  manager.get = async () => registration;
  const { values, end } = valuesOf(store);
  show([listing({})]);
  await settle();
  const before = values.length;
  end();
  registration.tell({ downloaded: 4 });
  assert.equal(store.getSnapshot().downloaded, 0);
  const again = valuesOf(store);
  assert.equal(store.getSnapshot().downloaded, 4);
  registration.tell({ downloaded: 5 });
  assert.deepEqual([values.length, again.values.at(-1)!.downloaded], [before, 5]);
});
