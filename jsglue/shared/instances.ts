/**
 * The BackgroundFetchRegistration objects of this realm, one for each background
 * fetch, found by unique id. They live here, and are watched, from the moment
 * the site gets them until no snapshot can follow; so a listener that nobody
 * else refers to still hears of the end.
 */

import type { Snapshot } from './protocol';
import { lost } from './snapshots';
import type { Transport } from './transport';
import { createRegistration, showSnapshot, shownSnapshot, type BackgroundFetchRegistration } from './registration';

interface Instance {
  object: BackgroundFetchRegistration;
  transport: Transport;
}

const instances = new Map<string, Instance>();

/** Snapshots that came between POST fetches and its reply, by unique id. */
const early = new Map<string, Early>();
interface Early {
  snapshot: Snapshot | undefined;
  shown: Promise<void>;
  show: () => void;
}

/**
 * The object for the background fetch of a snapshot: the one that is there, or a
 * new one which is watched from now on. Snapshots are told, so they cannot
 * take an object back behind what it already shows.
 */
export function instanceOf(snapshot: Snapshot, transport: Transport): BackgroundFetchRegistration {
  const { uniqueId } = snapshot;
  const known = instances.get(uniqueId);
  if (known) {
    void tellInstances([snapshot]);
    return known.object;
  }
  const object = createRegistration(snapshot, transport);
  if (!snapshot.recordsAvailable || snapshot.kept) {
    transport.unwatch(uniqueId);
    return object;
  }
  instances.set(uniqueId, { object, transport });
  transport.watch(uniqueId);
  return object;
}

/**
 * Make a new background fetch by `post`, which resolves with its first snapshot.
 * It is watched before it exists; what is heard before the reply is shown in a
 * task after the site got its object, so that its listeners hear of it.
 */
export async function startInstance(
  uniqueId: string,
  transport: Transport,
  post: () => Promise<Snapshot>,
): Promise<BackgroundFetchRegistration> {
  let open!: () => void;
  const shown = new Promise<void>((resolve) => (open = resolve));
  const waiting: Early = { snapshot: undefined, shown, show: open };
  early.set(uniqueId, waiting);
  transport.watch(uniqueId);
  try {
    const object = instanceOf(await post(), transport);
    setTimeout(async () => {
      early.delete(uniqueId);
      if (waiting.snapshot) await tellInstances([waiting.snapshot]);
      waiting.show();
    });
    return object;
  } catch (error) {
    early.delete(uniqueId);
    waiting.show();
    transport.unwatch(uniqueId);
    throw error;
  }
}

/**
 * Let the objects of this realm show these snapshots. Snapshots of background
 * fetches without an object here are ignored.
 *
 * Resolves when they are shown, progress events have been fired, and every open
 * response body has made sure of the bytes it still needs: after that the
 * stored bodies may be deleted. Never rejects.
 */
export async function tellInstances(snapshots: Snapshot[]): Promise<void> {
  await Promise.all(
    snapshots.map(async (snapshot) => {
      const { uniqueId } = snapshot;
      const waiting = early.get(uniqueId);
      if (waiting) {
        waiting.snapshot = snapshot;
        return waiting.shown;
      }
      const instance = instances.get(uniqueId);
      if (!instance) return;
      await showSnapshot(instance.object, snapshot);
      if (!instance.object.recordsAvailable || snapshot.kept) forget(uniqueId);
    }),
  );
}

/**
 * The program does not know these background fetches (any more). Each is asked
 * for once again, because the word may be older than the background fetch.
 * One that is really gone was deleted with its registration: it was aborted.
 */
export async function tellGone(uniqueIds: string[]): Promise<void> {
  await Promise.all(
    uniqueIds.map(async (uniqueId) => {
      const instance = instances.get(uniqueId);
      if (!instance || early.has(uniqueId)) return;
      const { object, transport } = instance;
      const reply = await transport.request('GET', `fetches/${uniqueId}`).catch(() => undefined);
      if (reply?.status === 200) await tellInstances([reply.body as Snapshot]);
      if (reply?.status === 404) await tellInstances([lost(shownSnapshot(object))]);
    }),
  );
}

/** The registration of these background fetches is gone, and so are they: aborted. */
export function loseInstances(uniqueIds: string[]): void {
  for (const uniqueId of uniqueIds) {
    const instance = instances.get(uniqueId);
    if (instance) void tellInstances([lost(shownSnapshot(instance.object))]);
  }
}

function forget(uniqueId: string): void {
  instances.get(uniqueId)?.transport.unwatch(uniqueId);
  instances.delete(uniqueId);
}
