/** Where the list has its background fetches from: the worker's program, or the browser. */

import { requestOf } from '../page/exchange';
import { Watch } from '../page/watch';
import { bodyOf } from '../shared/errors';
import { fileNameOf } from '../shared/file-name';
import { MARK } from '../shared/protocol';
import type { Ended, History, Listing, Listings, MatchReply, Method, Snapshot, SnapshotsMessage } from '../shared/protocol';
import { fromWire } from '../shared/wire-text';

/** What there is: those that are not done with, oldest first, and those that are, the last first. */
export interface Shown {
  fetches: Listing[];
  ended: Ended[];
}

export type Show = (shown: Shown) => void;

/** A file, and where it can be had; "" where it cannot yet. */
export interface File {
  name: string;
  href: string;
}

export interface Source {
  /** What the paths of links are relative to. */
  readonly base: string;
  /** Calls show now and after each change, until stop. Rejects where there is nobody to ask. */
  start(show: Show): Promise<void>;
  stop(): void;
  /** Rejects with an error for people. */
  pause(listing: Listing): Promise<unknown>;
  resume(listing: Listing): Promise<unknown>;
  abort(listing: Listing): Promise<unknown>;
  retry(ended: Ended): Promise<unknown>;
  /** Without one: all. */
  remove(ended?: Ended): Promise<unknown>;
  /** Deletes what was kept of it, too. */
  discard(ended: Ended): Promise<unknown>;
  /** The files that it has, or will have. */
  files(listing: Listing): Promise<File[]>;
}

/** While something is being finished it is looked at again so soon. */
const SOON_MS = 300;

export class WorkerSource implements Source {
  #registration: ServiceWorkerRegistration;
  #watch: Watch;
  #show: Show = () => {};
  #shown: Shown = { fetches: [], ended: [] };
  #revision: number | undefined;
  readonly base: string;
  #refreshing: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(registration: ServiceWorkerRegistration) {
    this.#registration = registration;
    this.base = `${registration.scope}${MARK}/`;
    this.#watch = new Watch(registration, {
      uniqueIds: () => [],
      hear: async (message) => this.#hear(message),
      lost: () => {
        this.#watch.stop();
        this.#shown = { fetches: [], ended: [] };
        this.#show(this.#shown);
      },
    });
  }

  async start(show: Show): Promise<void> {
    this.#show = show;
    await this.#refresh();
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#watch.renewSoon([]);
  }

  stop(): void {
    this.#show = () => {};
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#watch.stop();
  }

  pause = ({ uniqueId }: Listing) => this.#act('POST', `fetches/${uniqueId}/pause`);
  resume = ({ uniqueId }: Listing) => this.#act('POST', `fetches/${uniqueId}/resume`);
  abort = ({ uniqueId }: Listing) => this.#act('POST', `fetches/${uniqueId}/abort`);
  retry = ({ number }: Ended) => this.#act('POST', `history/${number}/retry`, { uniqueId: crypto.randomUUID() });
  remove = (ended?: Ended) => this.#act('DELETE', ended ? `history/${ended.number}` : 'history');

  discard = async ({ uniqueId, number }: Ended) => {
    await this.#act('DELETE', `kept/${uniqueId}`);
    if (number > 0) await this.#act('DELETE', `history/${number}`);
  };

  async files({ uniqueId }: Listing): Promise<File[]> {
    const path = `fetches/${uniqueId}`;
    const { records } = bodyOf<MatchReply>(await requestOf(this.#registration, 'POST', `${path}/match`, {}));
    return records.map(({ index, request, head, exposed, result }) => ({
      name: fileNameOf(request.url),
      href: head && exposed && result !== 'bad-status' ? `${this.base}${path}/records/${index}/body?download` : '',
    }));
  }

  async #act(method: Method, path: string, body?: unknown): Promise<void> {
    try {
      const reply = await requestOf(this.#registration, method, path, body);
      // It has ended, or another tab was faster: what is there now is shown.
      if (reply.status !== 404) bodyOf(reply);
    } finally {
      await this.#refresh();
      this.#watch.renewSoon([]);
    }
  }

  /** Nobody looks and nothing is under way: then the worker may rest. */
  #onVisibility = (): void => {
    if (!document.hidden) {
      this.#watch.renewSoon([]);
      this.#refreshSoon(0);
    } else if (this.#shown.fetches.length === 0) {
      this.#watch.stop();
    }
  };

  #hear({ snapshots }: SnapshotsMessage): void {
    const { fetches } = this.#shown;
    // Once for each renewal of the watch there are none. What began unheard, and waits, is found then.
    if (snapshots.length === 0) this.#refreshSoon(0);
    for (const snapshot of snapshots) {
      const listing = fetches.find(({ uniqueId }) => uniqueId === snapshot.uniqueId);
      if (!listing || snapshot.result !== '') this.#refreshSoon(0);
      else if (listing.total === 0) this.#refreshSoon(1000);
      if (listing) update(listing, snapshot);
    }
    if (snapshots.length > 0) this.#show(this.#shown);
  }

  #refreshSoon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh().catch(() => {}), ms);
  }

  /** One at a time; who asks meanwhile gets the next one. */
  #refresh(): Promise<void> {
    const before = this.#refreshing?.catch(() => {});
    const refreshing = (before ?? Promise.resolve()).then(() => this.#load());
    this.#refreshing = refreshing;
    return refreshing;
  }

  async #load(): Promise<void> {
    const { fetches, history } = await this.#get<Listings>('list');
    let { ended } = this.#shown;
    if (history !== this.#revision) {
      const read = await this.#get<History>('history');
      ended = read.fetches.map(withId);
      this.#revision = read.revision;
    }
    // What ends between the two is in both.
    const listed = fetches
      .map((listing) => this.#newest(withId(listing)))
      .filter(({ uniqueId }) => !ended.some((one) => one.uniqueId === uniqueId));
    this.#shown = { fetches: listed, ended };
    if (listed.some(({ result }) => result !== '')) this.#refreshSoon(SOON_MS);
    this.#show(this.#shown);
  }

  /** Snapshots may have overtaken the reply. */
  #newest(listing: Listing): Listing {
    const shown = this.#shown.fetches.find(({ uniqueId }) => uniqueId === listing.uniqueId);
    return shown && isOlder(listing, shown) ? shown : listing;
  }

  async #get<T>(path: string): Promise<T> {
    return bodyOf<T>(await requestOf(this.#registration, 'GET', path));
  }
}

/** The id as the site gave it. */
function withId<T extends Snapshot>(listing: T): T {
  return { ...listing, id: fromWire(listing.id) };
}

function isOlder(one: Snapshot, other: Snapshot): boolean {
  return one.engine === other.engine && one.revision < other.revision;
}

/** The newer snapshot, or nothing where that is shown already. */
function update(listing: Listing, snapshot: Snapshot): void {
  if (isOlder(snapshot, listing)) return;
  delete listing.retryAt;
  Object.assign(listing, withId(snapshot));
}
