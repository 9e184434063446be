/** The realms that hear of snapshots: pages by their watch ports, and this worker. */

import { tellGroups } from '../shared/group';
import { tellInstances } from '../shared/instances';
import { WATCH_PORTS, type AckMessage, type Snapshot, type SnapshotsMessage } from '../shared/protocol';
import { afterSilence } from '../shared/silence';
import { isOlder, lost } from '../shared/snapshots';
import type { Groups } from '../shared/transport';
import type { HostMethods } from './host';
import { worker } from './worker';

const ACK_DEADLINE_MS = 1000;

interface Watcher {
  /** Of its client, where the browser tells it. */
  id?: string;
  /** The last ones. What is told goes to the newest. */
  ports: MessagePort[];
}

export class Watchers {
  /** The objects of this worker that stand for groups. */
  readonly groups: Groups = new Map();
  /** By client, as the page names itself. */
  #watchers = new Map<string, Watcher>();
  #lastAck = 0;
  /** What waits for an ack of that number. */
  #waiting = new Map<number, (gone?: unknown) => void>();
  /** The last snapshots of background fetches whose records are available. */
  #latest = new Map<string, Snapshot>();

  /** From now on the client hears on this port. Returns whether it is a new one. `id` is that of a Client. */
  add(client: string, port: MessagePort, id?: string): boolean {
    const isNew = !this.#watchers.has(client);
    const watcher = this.#watchers.get(client) ?? { id, ports: [] };
    this.#watchers.set(client, watcher);
    port.onmessage = ({ data }: MessageEvent<AckMessage | null>) => this.#waiting.get(data?.ack as number)?.();
    if (watcher.ports.push(port) > WATCH_PORTS) watcher.ports.shift()!.close();
    return isNew;
  }

  /**
   * Tells this worker's objects, then all pages. With wait, resolves when all that are still there have
   * acknowledged, at the latest after 1 s; who did not is taken for gone.
   */
  async update({ snapshots, groups, wait }: HostMethods['update'][0]): Promise<null> {
    this.remember(snapshots);
    tellGroups(this.groups, groups);
    const told = tellInstances(snapshots);
    if (!wait) {
      for (const { ports } of this.#watchers.values()) post(ports, { type: 'snapshots', snapshots, groups });
      return null;
    }
    await withDeadline(told, ACK_DEADLINE_MS);
    const acknowledged = [...this.#watchers.keys()].map((client) =>
      this.#tellAndWait(client, { type: 'snapshots', snapshots, groups }),
    );
    await Promise.all(acknowledged);
    return null;
  }

  /** They are the latest, unless a later one is known. */
  remember(snapshots: Snapshot[]): void {
    for (const snapshot of snapshots) {
      const { uniqueId } = snapshot;
      const known = this.#latest.get(uniqueId);
      if (!snapshot.recordsAvailable) this.#latest.delete(uniqueId);
      else if (!known || !isOlder(snapshot, known)) this.#latest.set(uniqueId, snapshot);
    }
  }

  /** Another program runs, which may know less. */
  forget(): void {
    this.#latest.clear();
  }

  /** What was told last of a background fetch that is not done with. */
  latest(uniqueId: string): Snapshot | undefined {
    return this.#latest.get(uniqueId);
  }

  /** All background fetches went with their registration: they count as aborted. */
  async lose(): Promise<void> {
    const snapshots = [...this.#latest.values()].map(lost);
    await this.update({ snapshots, groups: [], wait: false });
  }

  async #tellAndWait(client: string, message: SnapshotsMessage): Promise<void> {
    const watcher = this.#watchers.get(client)!;
    const ack = ++this.#lastAck;
    const acknowledged = new Promise<unknown>((resolve) => {
      this.#waiting.set(ack, resolve);
      // A page that was closed or reloaded will not.
      if (watcher.id) void worker.clients.get(watcher.id).then((client) => client ?? resolve(true));
    });
    post(watcher.ports, { ...message, ack });
    const gone = await withDeadline(acknowledged, ACK_DEADLINE_MS);
    this.#waiting.delete(ack);
    if (gone && this.#watchers.get(client) === watcher) {
      for (const port of watcher.ports) port.close();
      this.#watchers.delete(client);
    }
  }
}

function post(ports: MessagePort[], message: SnapshotsMessage): void {
  ports.at(-1)!.postMessage(message);
}

/** What the promise gives, true when the time was over before. */
function withDeadline(promise: Promise<unknown>, ms: number): Promise<unknown> {
  return new Promise((resolve) => {
    const silence = afterSilence(ms, () => resolve(true));
    void promise.then((value) => {
      silence.end();
      resolve(value);
    });
  });
}
