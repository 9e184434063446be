/** What is deleted of what was kept without having been asked for, and what the site is told of that. */

import { within } from '../shared/deadline';
import type { KeptRecord } from '../shared/protocol';
import { evicted } from './events';
import type { HostMethods } from './host';
import { isBeingRead, toKeptInfo } from './kept';

/** `keepMax` of the options: a number of bytes, or a share of the quota; neither where there is no bound. */
export interface KeepMax {
  bytes?: number;
  share?: number;
}

/** Above 1 a number of bytes, else a share of the quota. Throws a TypeError; the program knows the quota. */
export function toKeepMax(value: unknown, what: string): KeepMax {
  if (value === undefined) return {};
  if (typeof value !== 'number' || !(value > 0) || (value > 1 && !Number.isSafeInteger(value))) {
    throw new TypeError(`${what} is neither a whole number of bytes nor a share of the quota between 0 and 1: ${String(value)}`);
  }
  return value > 1 ? { bytes: value } : { share: value };
}

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
