/** What the list says of a background fetch, and offers to do with it. */

import type { Ended, Listing } from '../shared/protocol';
import type { Format } from './format';
import { fill, type Texts } from './texts';

export type Action = 'pause' | 'resume' | 'abort' | 'retry' | 'remove' | 'discard';

/** In what words, and in which language. */
export interface Wording {
  format: Format;
  texts: Texts;
}

export function isEnded(listing: Listing): listing is Ended {
  return 'number' in listing;
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
