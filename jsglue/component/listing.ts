/** What the list says of a background fetch, and offers to do with it. */

import type { Ended, Listing } from '../shared/listings';
import type { GroupSnapshot } from '../shared/protocol';
import type { Texts } from '../shared/texts';
import { fromWire } from '../shared/wire-text';
import type { Format } from './format';
import { fill } from './texts';

export type Action = 'pause' | 'resume' | 'abort' | 'retry' | 'remove' | 'discard';

/** In what words, and in which language. */
export interface Wording {
  format: Format;
  texts: Texts;
}

export function isEnded(listing: Listing): listing is Ended {
  return 'number' in listing;
}

/** A group as a row of the list: its sums, as the program tells them. */
export interface GroupListing extends Listing {
  members: Listing[];
}

export function isGroup(listing: Listing): listing is GroupListing {
  return 'members' in listing;
}

/** What is listed, with each group in the place of its first background fetch. */
export function grouped(fetches: Listing[], groups: GroupSnapshot[]): Listing[] {
  const rows = new Map<string, Listing>();
  for (const listing of fetches) {
    const sums = groups.find(({ group }) => group === listing.group);
    const key = sums ? `group ${sums.group}` : listing.uniqueId;
    const row = rows.get(key);
    if (row && isGroup(row)) row.members.push(listing);
    else rows.set(key, sums ? toListing(key, sums, listing) : listing);
  }
  for (const row of rows.values()) if (isGroup(row)) row.pausable = row.members.some(({ pausable }) => pausable);
  return [...rows.values()];
}

/** A row for the group of its first background fetch. */
function toListing(key: string, sums: GroupSnapshot, first: Listing): GroupListing {
  const { group, downloaded, downloadTotal, uploaded, uploadTotal, state } = sums;
  return {
    ...first,
    ...{ group, downloaded, downloadTotal, uploaded, uploadTotal, state },
    ...{ uniqueId: key, title: fromWire(group), result: '', failureReason: '', retryAt: undefined, detail: undefined },
    ...{ records: 1, savable: false, paused: state === 'paused', members: [first] },
    total: downloadTotal && downloadTotal + uploadTotal,
  };
}

export function nameOf({ title, id, url }: Listing): string {
  return title || id || url;
}

/** Bytes. */
export function doneOf({ downloaded, uploaded }: Listing): number {
  return downloaded + uploaded;
}

/** How much of it is done, from 0 to 1; 0 while the total is not known. */
export function partOf(listing: Listing): number {
  return listing.total > 0 ? Math.min(1, doneOf(listing) / listing.total) : 0;
}

export function stateOf({ result, state }: Listing): string {
  return result === '' ? (state ?? 'queued') : 'settled';
}

export function actionsOf(listing: Listing): Action[] {
  if (isEnded(listing) && listing.kept) return ['discard'];
  if (isEnded(listing)) return listing.retryable ? ['retry', 'remove'] : ['remove'];
  const state = stateOf(listing);
  if (state === 'settled') return [];
  if (listing.paused) return ['resume', 'abort'];
  return listing.pausable ? ['pause', 'abort'] : ['abort'];
}

/** How much there is, and of how much. */
export function amountText(listing: Listing, { format }: Wording): string {
  const { total } = listing;
  const done = doneOf(listing);
  if (isEnded(listing) || total === 0) return done > 0 || !isEnded(listing) ? format.bytes(done) : '';
  return `${format.progress(done, total)} · ${format.percent(partOf(listing))}`;
}

/** What became of one that has ended, or what the other does; of one that runs the speed, bytes per second, if it is known. */
export function stateText(listing: Listing, { format, texts }: Wording, now: number, speed: number | undefined): string {
  if (isEnded(listing)) {
    if (listing.kept) return texts.kept;
    if (listing.result === 'success') return texts.success;
    const reason = texts[listing.failureReason || 'fetch-error'];
    return listing.remains ? `${reason} · ${fill(texts.remains, format.bytes(listing.remains))}` : reason;
  }
  switch (stateOf(listing)) {
    case 'settled':
      return texts.finishing;
    case 'paused':
      return texts.paused;
    case 'waiting-online':
      return texts.offline;
    case 'waiting-refresh':
      return texts.refresh;
    case 'waiting-unmetered':
      return texts.unmetered;
    case 'waiting-host':
    case 'waiting-retry': {
      const wait = ((listing.retryAt ?? 0) - now) / 1000;
      return wait > 0 ? fill(texts.waits, format.duration(wait)) : texts.tries;
    }
    case 'queued':
      return texts.queued;
  }
  if (speed === undefined) return doneOf(listing) === 0 ? texts.starting : '';
  const left = listing.total - doneOf(listing);
  const time = listing.total > 0 && left > 0 && speed > 0 ? fill(texts.left, format.duration(left / speed)) : '';
  return [format.speed(speed), time].filter(Boolean).join(' · ');
}
