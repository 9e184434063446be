/** What the site is told of what was kept and is about to be deleted without having been asked for. */

import { within } from '../shared/deadline';
import type { KeptRecord } from '../shared/protocol';
import { evicted } from './events';
import type { HostMethods } from './host';
import { isBeingRead, toKeptInfo } from './kept';

/** How long the site may take to do something about it: whoever needs the room waits. */
const EVENT_LIMIT_MS = 30_000;

/** `isServed` says whether bodies of a background fetch are being sent. */
export async function evict({ records }: HostMethods['evict'][0], isServed: (uniqueId: string) => boolean): Promise<number[]> {
  const { extended, end } = evicted(records.map(toKeptInfo));
  try {
    await within(extended(), EVENT_LIMIT_MS);
  } catch {
    // They go all the same.
  } finally {
    end();
  }
  const isRead = ({ uniqueId }: KeptRecord): boolean => isBeingRead(uniqueId) || isServed(uniqueId);
  return [...records.keys()].filter((i) => isRead(records[i]!));
}
