/** What `<background-fetch-list>` shows, as a store: there is one for each scope of a page. */

import { Connection, type Audience } from '../component/connection';
import type { Shown } from '../component/source';
import type { Ended, Listing } from '../shared/listings';
import type { State } from '../shared/states';
import { fromWire } from '../shared/wire-text';
import { isSame, Store, toError } from './store';

/** A background fetch as the list shows it. */
export interface Download {
  /** Of all that there are and were: a key for lists. */
  readonly uniqueId: string;
  readonly id: string;
  readonly title: string;
  /** URL, "" where there is none. */
  readonly icon: string;
  /** Its group, "" where it has none. */
  readonly group: string;
  readonly created: Date;
  /** URL of the first request, and how many there are. */
  readonly url: string;
  readonly records: number;
  /** Bytes. */
  readonly uploadTotal: number;
  readonly uploaded: number;
  /** Bytes, as `fetch()` was told; 0 where it was not. */
  readonly downloadTotal: number;
  readonly downloaded: number;
  /** Bytes of all bodies, including lengths reported by servers; 0 while that is not known. */
  readonly total: number;
  readonly state: State;
  /** While state is waiting-host, waiting-retry or waiting-refresh, else null. */
  readonly retryAt: Date | null;
  readonly result: BackgroundFetchResult;
  readonly failureReason: BackgroundFetchFailureReason;
  /** Why it failed, in English, such as "the server answered with status 404"; "" where it did not, or that is not known. */
  readonly detail: string;
}

/** One that has ended. */
export interface EndedDownload extends Download {
  readonly ended: Date;
  /** Whether its records are kept. */
  readonly kept: boolean;
}

/** What there is. Objects and arrays in it stay the same for as long as nothing in them has changed. */
export interface Downloads {
  /** Those that are not done with, oldest first. */
  readonly active: readonly Download[];
  /** The last one first. */
  readonly ended: readonly EndedDownload[];
  /** Whether the service worker has answered. Before that there is nothing. */
  readonly ready: boolean;
  /** Why it cannot be known for now; it is asked for again. */
  readonly error: Error | null;
}

export interface ScopeOptions {
  /** URL in the scope of the service worker, relative to the document. Default: the document. */
  scope?: string;
}

export const NO_DOWNLOADS: Downloads = { active: [], ended: [], ready: false, error: null };

/** A component that is replaced by another one, as by a router, asks for nothing again. */
const LINGER_MS = 1000;

type Connect = (audience: Audience) => Pick<Connection, 'registration' | 'close'>;

export class DownloadsStore extends Store<Downloads> {
  #connect: Connect;
  #connection: ReturnType<Connect> | null = null;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(connect: Connect) {
    super(NO_DOWNLOADS);
    this.#connect = connect;
  }

  /** That of the worker which told; null before. */
  get registration(): ServiceWorkerRegistration | null {
    return this.#connection?.registration ?? null;
  }

  protected open(): void {
    clearTimeout(this.#lingering);
    this.#connection ??= this.#connect({
      found: () => {},
      missing: () => this.set(NO_DOWNLOADS),
      show: (shown) => this.#show(shown),
      trouble: (error) => this.set({ ...this.getSnapshot(), error: error === null ? null : toError(error) }),
    });
  }

  protected close(): void {
    this.#lingering = setTimeout(() => {
      this.#connection?.close();
      this.#connection = null;
      this.set(NO_DOWNLOADS);
    }, LINGER_MS);
  }

  #show({ fetches, ended }: Shown): void {
    const before = this.getSnapshot();
    this.set({
      ...before,
      active: unlessSame(before.active, fetches.map(toDownload)),
      ended: unlessSame(before.ended, ended.map(toEnded)),
      ready: true,
    });
  }
}

const stores = new Map<string, DownloadsStore>();

export function downloadsOf({ scope = '' }: ScopeOptions = {}): DownloadsStore {
  let store = stores.get(scope);
  if (!store) stores.set(scope, (store = new DownloadsStore((audience) => new Connection(scope, audience))));
  return store;
}

/** Those from before that are as they were, and the whole if all are. */
function unlessSame<T extends Download>(before: readonly T[], now: T[]): readonly T[] {
  const known = new Map(before.map((one) => [one.uniqueId, one]));
  const all = now.map((one) => {
    const same = known.get(one.uniqueId);
    return same && isSame(same, one) ? same : one;
  });
  return all.length === before.length && all.every((one, index) => one === before[index]) ? before : all;
}

function toDownload(listing: Listing): Download {
  const { uniqueId, id, title, icon = '', group = '', created, url, records, state, retryAt, result, failureReason } = listing;
  const { uploadTotal, uploaded, downloadTotal, downloaded, total, detail = '' } = listing;
  return {
    ...{ uniqueId, id, title, icon, group: fromWire(group), created: new Date(created), url, records },
    ...{ uploadTotal, uploaded, downloadTotal, downloaded, total },
    ...{ state: result === '' ? state : 'settled', retryAt: retryAt === undefined ? null : new Date(retryAt) },
    ...{ result, failureReason, detail },
  };
}

function toEnded(listing: Ended): EndedDownload {
  return { ...toDownload(listing), ended: new Date(listing.ended), kept: listing.kept ?? false };
}
