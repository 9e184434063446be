import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Format } from '../../jsglue/component/format';
import {
  actionsOf,
  amountText,
  grouped,
  isEnded,
  isGroup,
  nameOf,
  partOf,
  stateOf,
  stateText,
} from '../../jsglue/component/listing';
import { fill } from '../../jsglue/component/texts';
import { Turns } from '../../jsglue/component/turns';
import type { Ended, Listing } from '../../jsglue/shared/listings';
import type { GroupSnapshot } from '../../jsglue/shared/protocol';
import { TEXTS } from '../../jsglue/shared/texts';

const wording = { format: new Format('en'), texts: TEXTS };

const listing = (members: Partial<Ended>): Listing =>
  ({ result: '', state: 'running', downloaded: 0, uploaded: 0, total: 0, paused: false, ...members }) as Listing;

test('what a row says', () => {
  for (const [members, speed, text] of [
    [{ state: undefined }, undefined, TEXTS.queued],
    [{ state: 'queued' }, undefined, TEXTS.queued],
    [{ state: 'paused' }, undefined, TEXTS.paused],
    [{ state: 'waiting-online' }, undefined, TEXTS.offline],
    [{ state: 'waiting-unmetered' }, undefined, TEXTS.unmetered],
    [{ state: 'waiting-retry', retryAt: 31_000 }, undefined, 'Next try in 30 sec'],
    [{ state: 'waiting-retry', retryAt: 1000 }, undefined, TEXTS.tries],
    [{ state: 'waiting-retry' }, undefined, TEXTS.tries],
    [{ state: 'waiting-refresh', retryAt: 31_000 }, undefined, TEXTS.refresh],
    [{ state: 'waiting-host', retryAt: 31_000 }, undefined, 'Next try in 30 sec'],
    [{ state: 'running', result: 'success' }, 5, TEXTS.finishing],
    [{}, undefined, TEXTS.starting],
    [{ downloaded: 1 }, undefined, ''],
    [{ uploaded: 1 }, undefined, ''],
    [{ downloaded: 1000 }, 2000, '2 kB/s'],
    [{ downloaded: 1000, total: 121_000 }, 2000, '2 kB/s · 1 min left'],
    [{ downloaded: 1000, total: 1000 }, 2000, '2 kB/s'],
    [{ downloaded: 1000, total: 2000 }, 0, '0 byte/s'],
    [{ number: 1, kept: true, result: 'success' }, undefined, TEXTS.kept],
    [{ number: 1, result: 'success' }, undefined, TEXTS.success],
    [{ number: 1, result: 'failure', failureReason: 'quota-exceeded' }, undefined, TEXTS['quota-exceeded']],
    [{ number: 1, result: 'failure', failureReason: '' }, undefined, TEXTS['fetch-error']],
  ] as const) {
    assert.equal(stateText(listing(members), wording, 1000, speed), text, JSON.stringify(members));
  }
  assert.equal(fill('{count} files', '$&'), '$& files', 'a value is no pattern');
});

test('what a row offers', () => {
  for (const [members, actions] of [
    [{}, ['abort']],
    [{ pausable: true }, ['pause', 'abort']],
    [{ paused: true, pausable: true }, ['resume', 'abort']],
    [{ result: 'success', pausable: true }, []],
    [{ number: 0, kept: true, retryable: true }, ['discard']],
    [{ number: 1, retryable: true }, ['retry', 'remove']],
    [{ number: 1 }, ['remove']],
  ] as const) {
    assert.deepEqual(actionsOf(listing(members)), actions, JSON.stringify(members));
  }
});

test('a group is one row, in the place of its first background fetch', () => {
  const sums = { group: 'season', downloaded: 5, uploaded: 1, downloadTotal: 10, uploadTotal: 2, state: 'paused' };
  const rows = grouped(
    [
      listing({ uniqueId: 'a' }),
      listing({ uniqueId: 'b', group: 'season', detail: 'd', records: 3 }),
      listing({ uniqueId: 'c', group: 'of nobody' }),
      listing({ uniqueId: 'd', group: 'season', pausable: true }),
    ],
    [sums as GroupSnapshot],
  );
  assert.deepEqual(
    rows.map(({ uniqueId }) => uniqueId),
    ['a', 'group season', 'c'],
  );
  const group = rows[1]!;
  assert.ok(isGroup(group) && !isGroup(rows[0]!));
  assert.deepEqual(
    group.members.map(({ uniqueId }) => uniqueId),
    ['b', 'd'],
  );
  assert.equal(nameOf(group), 'season');
  assert.deepEqual([partOf(group), group.total, group.detail, group.records], [0.5, 12, undefined, 1]);
  assert.deepEqual(actionsOf(group), ['resume', 'abort']);
  sums.state = 'running';
  assert.deepEqual(actionsOf(grouped(group.members, [sums as GroupSnapshot])[0]!), ['pause', 'abort']);
});

test('amounts, as far as they are known', () => {
  for (const [members, text, part] of [
    [{}, '0 byte', 0],
    [{ downloaded: 500, uploaded: 500 }, '1 kB', 0],
    [{ downloaded: 15_000_000, total: 60_000_000 }, '15 / 60 MB · 25%', 0.25],
    [{ downloaded: 3, total: 2 }, '3 / 2 byte · 100%', 1],
    [{ number: 1 }, '', 0],
    [{ number: 1, downloaded: 1000, total: 2000 }, '1 kB', 0.5],
  ] as const) {
    assert.equal(amountText(listing(members), wording), text);
    assert.equal(partOf(listing(members)), part);
  }
});

test('names and states', () => {
  const named = { title: 'T', id: 'i', url: 'https://a.test/' };
  assert.equal(nameOf(listing(named)), 'T');
  assert.equal(nameOf(listing({ ...named, title: '' })), 'i');
  assert.equal(nameOf(listing({ ...named, title: '', id: '' })), 'https://a.test/');
  assert.deepEqual([listing({}), listing({ number: 0 })].map(isEnded), [false, true]);
  assert.equal(stateOf(listing({ result: 'failure' })), 'settled');
});

test('the time of day, and the date where that is another day', () => {
  const format = new Format('en-GB');
  const noon = new Date(2024, 1, 3, 12, 5).getTime();
  assert.equal(format.time(noon, noon + 1000), '12:05');
  assert.equal(format.time(noon, noon + 86_400_000), '03/02/2024, 12:05');
  assert.equal(format.count(12_345), '12,345');
  assert.equal(format.percent(0.255), '26%');
});

/** Work whose turns are ended by hand. */
function work() {
  const turns: { end: () => void; fail: (error: unknown) => void }[] = [];
  const failures: unknown[][] = [];
  const all = new Turns({
    run: () => new Promise((resolve, reject) => turns.push({ end: resolve, fail: reject })),
    failed: (...failure) => void failures.push(failure),
  });
  return { all, turns, failures };
}

const settle = () => new Promise(setImmediate);

test('turns: one at a time, and all who ask meanwhile share the next', async () => {
  const { all, turns } = work();
  const first = all.now();
  const later = [all.now(), all.now(), all.now()];
  assert.equal(turns.length, 1);
  turns[0]!.end();
  await first;
  await settle();
  assert.equal(turns.length, 2);
  turns[1]!.end();
  await Promise.all(later);
  await settle();
  assert.equal(turns.length, 2);
});

test('turns: a failure is told with its number, and holds up nobody', async () => {
  const { all, turns, failures } = work();
  const asked = [all.now(), all.now()];
  turns[0]!.fail('why');
  await settle();
  turns[1]!.end();
  await Promise.all(asked);
  assert.deepEqual(failures, [['why', 1]]);
});

test('turns: one that is late is not waited for, and the next has twice the time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { all, turns } = work();
  const pass = async (ms: number) => (t.mock.timers.tick(ms), await settle());
  void all.now();
  void all.now();
  await pass(4999);
  assert.equal(turns.length, 1);
  await pass(1);
  assert.equal(turns.length, 2, 'after 5 s');
  void all.now();
  await pass(9999);
  assert.equal(turns.length, 2);
  await pass(1);
  assert.equal(turns.length, 3, 'after 10 s more');
  turns[2]!.end();
  await settle();
  void all.now();
  void all.now();
  await pass(5000);
  assert.equal(turns.length, 5, 'one that ended makes it 5 s again');
});

test('turns: of several times the earliest counts, and none after stop()', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { all, turns } = work();
  const pass = async (ms: number) => (t.mock.timers.tick(ms), await settle());
  all.soon(1000);
  all.soon(300);
  all.soon(2000);
  await pass(299);
  assert.equal(turns.length, 0);
  await pass(1);
  assert.equal(turns.length, 1);
  turns[0]!.end();
  await pass(5000);
  assert.equal(turns.length, 1, 'the others are dropped');
  all.soon(100);
  all.stop();
  await pass(5000);
  assert.equal(turns.length, 1);
  all.soon(100);
  await pass(100);
  assert.equal(turns.length, 2);
});
