import './realm';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Watch } from '../../jsglue/page/watch';
import { WATCH_PORTS, type Snapshot, type SnapshotsMessage, type WatchMessage } from '../../jsglue/shared/protocol';
import { Watchers } from '../../jsglue/sw/watchers';

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

const snapshot = (uniqueId: string, revision: number, more: Partial<Snapshot> = {}): Snapshot =>
  ({ uniqueId, engine: 1, revision, result: '', failureReason: '', recordsAvailable: true, ...more }) as Snapshot;

/** The worker's end of a port: what is posted to the page, and what the page posts. */
class Port {
  posted: SnapshotsMessage[] = [];
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  postMessage(message: SnapshotsMessage): void {
    this.posted.push(message);
  }
  close(): void {
    this.closed = true;
  }
}

/** Adds a new port of a client. */
function watch(watchers: Watchers, client: string): Port {
  const port = new Port();
  watchers.add(client, port as unknown as MessagePort);
  return port;
}

test('watchers: each client hears once, on its newest port', async () => {
  const watchers = new Watchers();
  const [old, other, last] = [watch(watchers, 'a'), watch(watchers, 'b'), watch(watchers, 'a')];
  await watchers.update({ snapshots: [snapshot('u', 1)], groups: [], wait: false });
  assert.deepEqual(
    [old, other, last].map(({ posted }) => posted.length),
    [0, 1, 1],
  );
  assert.equal(last.posted[0]!.ack, undefined);
});

test('watchers: an ack may come on any port of its client, and only that of the number counts', async () => {
  const watchers = new Watchers();
  const [old, last, other] = [watch(watchers, 'a'), watch(watchers, 'a'), watch(watchers, 'b')];
  let told = false;
  const telling = watchers.update({ snapshots: [snapshot('u', 1)], groups: [], wait: true }).then(() => (told = true));
  await settle();
  const { ack } = last.posted[0]!;
  assert.notEqual(ack, other.posted[0]!.ack);
  old.onmessage!({ data: { type: 'ack', ack } });
  for (const data of [null, {}, { type: 'ack' }, { type: 'ack', ack: ack! + 100 }]) other.onmessage!({ data });
  other.onmessage!({ data: { type: 'ack', ack } });
  await settle();
  assert.equal(told, false, "the other client's own is wanted");
  other.onmessage!({ data: { type: 'ack', ack: other.posted[0]!.ack } });
  await telling;
});

test('watchers: who does not acknowledge is gone, and its ports are closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const turn = () => new Promise(setImmediate);
  const watchers = new Watchers();
  const [silent, alive] = [watch(watchers, 'silent'), watch(watchers, 'alive')];
  const telling = watchers.update({ snapshots: [snapshot('u', 1)], groups: [], wait: true });
  await turn();
  alive.onmessage!({ data: { type: 'ack', ack: alive.posted[0]!.ack } });
  for (let passed = 0; passed < 20; passed++, await turn()) t.mock.timers.tick(100);
  await telling;
  assert.deepEqual([silent.closed, alive.closed], [true, false]);
  await watchers.update({ snapshots: [snapshot('u', 2)], groups: [], wait: false });
  assert.deepEqual([silent.posted.length, alive.posted.length], [1, 2]);
});

test('watchers: of one client so many ports stay open', () => {
  const watchers = new Watchers();
  const ports = Array.from({ length: WATCH_PORTS + 2 }, () => watch(watchers, 'a'));
  assert.deepEqual(
    ports.map(({ closed }) => closed),
    ports.map((_, i) => i < 2),
  );
});

test('watchers: the latest is the one with the greatest revision, until its records are gone', async () => {
  const watchers = new Watchers();
  watchers.remember([snapshot('u', 2), snapshot('v', 1)]);
  watchers.remember([snapshot('u', 1), snapshot('v', 2)]);
  assert.deepEqual([watchers.latest('u')?.revision, watchers.latest('v')?.revision], [2, 2]);
  watchers.remember([snapshot('u', 3, { recordsAvailable: false })]);
  assert.equal(watchers.latest('u'), undefined);
  const port = watch(watchers, 'a');
  await watchers.lose();
  const [lost] = port.posted[0]!.snapshots;
  assert.deepEqual([lost!.uniqueId, lost!.result, lost!.failureReason], ['v', 'failure', 'aborted']);
  watchers.remember([snapshot('w', 1)]);
  watchers.forget();
  assert.equal(watchers.latest('w'), undefined);
});

/** A registration whose worker collects what is posted to it. */
function registration() {
  const sent: { message: WatchMessage; port: MessagePort }[] = [];
  const active = {
    state: 'activated',
    scriptURL: 'https://site.test/sw.js',
    postMessage: (message: WatchMessage, [port]: [MessagePort]) => void sent.push({ message, port }),
  };
  const closeAll = () => sent.forEach(({ port }) => port.close());
  return { registration: { active } as unknown as ServiceWorkerRegistration, sent, closeAll };
}

test('a watch: all that is asked for in one turn is one message', async () => {
  const { registration: site, sent, closeAll } = registration();
  const watching = new Watch(site, { groups: new Map(), uniqueIds: () => [], hear: async () => {}, lost: () => {} });
  for (const id of ['a', 'b', 'c']) watching.renewSoon([id]);
  assert.equal(sent.length, 0);
  await settle();
  watching.renewSoon(['d']);
  await settle();
  assert.deepEqual(
    sent.map(({ message }) => message.uniqueIds),
    [['a', 'b', 'c'], ['d']],
  );
  assert.equal(sent[0]!.message.client, sent[1]!.message.client);
  watching.stop();
  closeAll();
});

test('a watch: what is heard is acknowledged when it is shown', async () => {
  const { registration: site, sent, closeAll } = registration();
  let show!: () => void;
  const heard: SnapshotsMessage[] = [];
  const hear = (message: SnapshotsMessage) => new Promise<void>((resolve) => (heard.push(message), (show = resolve)));
  const watching = new Watch(site, { groups: new Map(), uniqueIds: () => [], hear, lost: () => {} });
  watching.renewSoon(['a']);
  await settle();
  const { port } = sent[0]!;
  const acks: unknown[] = [];
  port.onmessage = ({ data }) => void acks.push(data);
  port.postMessage({ type: 'alive', version: '1.2.3' });
  port.postMessage({ type: 'snapshots', snapshots: [snapshot('a', 1)], ack: 7 });
  await settle();
  assert.deepEqual([heard.length, acks], [1, []]);
  show();
  await settle();
  assert.deepEqual(acks, [{ type: 'ack', ack: 7 }]);
  watching.stop();
  closeAll();
});

test('a watch: without an active worker there is nothing to hear of', async () => {
  let lost = 0;
  const site = { active: null } as unknown as ServiceWorkerRegistration;
  const watching = new Watch(site, { groups: new Map(), uniqueIds: () => [], hear: async () => {}, lost: () => lost++ });
  watching.renewSoon(['a']);
  await settle();
  assert.equal(lost, 1);
  watching.stop();
});
