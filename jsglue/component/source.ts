/** Where the list has its background fetches from: the worker's program, or the browser. */

import { requestOf } from '../page/exchange';
import { Watch } from '../page/watch';
import { bodyOf } from '../shared/errors';
import { fileNameOf } from '../shared/file-name';
import { groupQuery } from '../shared/group-name';
import type { Ended, History, Listing, Listings } from '../shared/listings';
import {
  MARK,
  WATCH_INTERVAL_MS,
  type GroupSnapshot,
  type MatchReply,
  type Method,
  type Snapshot,
  type SnapshotsMessage,
} from '../shared/protocol';
import { isOlder } from '../shared/snapshots';
import type { Spoken } from '../shared/texts';
import { fromWire } from '../shared/wire-text';
import { isGroup } from './listing';
import { Turns } from './turns';

/** What there is: those that are not done with, oldest first, and those that are, the last first. */
export interface Shown {
  fetches: Listing[];
  /** Of those. */
  groups: GroupSnapshot[];
  ended: Ended[];
}

/** Who shows what a source tells. */
export interface Viewer {
  /** What there is now. */
  show(shown: Shown): void;
  /** Why that cannot be had for now, though it is asked for again; null when it is over. */
  trouble(error: unknown): void;
  /** The registration has no worker any more: nothing follows. */
  lost(): void;
}

/** A file, and where it can be had; "" where it cannot yet. */
export interface File {
  name: string;
  href: string;
}

export interface Source {
  /** What the paths of links are relative to. */
  readonly base: string;
  /** Tells what there is, now and after each change, until stop. */
  start(viewer: Viewer): void;
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
  /** What is said in a language; "" is that of the worker, or of the browser. */
  texts(lang: string): Promise<Spoken>;
}

/** While something is being finished it is looked at again so soon. */
const SOON_MS = 300;
/** ... and after a failure. */
const AGAIN_MS = 2000;

export class WorkerSource implements Source {
  #registration: ServiceWorkerRegistration;
  #watch: Watch;
  /** Null before start and after stop. */
  #viewer: Viewer | null = null;
  #shown: Shown = { fetches: [], groups: [], ended: [] };
  #revision: number | undefined;
  readonly base: string;
  #turns = new Turns({ run: (turn) => this.#run(turn), failed: (error, turn) => this.#failed(error, turn) });
  /** The last turn of which something was shown. */
  #newest = 0;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(registration: ServiceWorkerRegistration) {
    this.#registration = registration;
    this.base = `${registration.scope}${MARK}/`;
    this.#watch = new Watch(registration, {
      groups: new Map(),
      uniqueIds: () => [],
      hear: async (message) => this.#hear(message),
      lost: () => this.#lose(),
    });
  }

  start(viewer: Viewer): void {
    this.#viewer = viewer;
    document.addEventListener('visibilitychange', this.#onVisibility);
    // A watch tells of most changes; what it misses is found so.
    this.#looking = setInterval(() => this.#isWanted && this.#look(), WATCH_INTERVAL_MS);
    this.#watch.renewSoon([]);
    this.#refreshSoon(0);
  }

  stop(): void {
    this.#viewer = null;
    this.#turns.stop();
    clearInterval(this.#looking);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#watch.stop();
  }

  #look(): void {
    this.#refreshSoon(0);
    void this.#loseIfUnregistered();
  }

  /** Of one that was unregistered the worker may live on, and say nothing of that. */
  async #loseIfUnregistered(): Promise<void> {
    const { scope } = this.#registration;
    const registered = await navigator.serviceWorker.getRegistration(scope);
    if (registered?.scope !== scope && this.#viewer) this.#lose();
  }

  #lose(): void {
    const viewer = this.#viewer;
    this.stop();
    viewer?.lost();
  }

  pause = (listing: Listing) => this.#act('POST', pathOf(listing, 'pause'));
  resume = (listing: Listing) => this.#act('POST', pathOf(listing, 'resume'));
  abort = (listing: Listing) => this.#act('POST', pathOf(listing, 'abort'));
  retry = ({ number }: Ended) => this.#act('POST', `history/${number}/retry`, { uniqueId: crypto.randomUUID() });
  remove = (ended?: Ended) => this.#act('DELETE', ended ? `history/${ended.number}` : 'history');

  discard = async ({ uniqueId, number }: Ended) => {
    await this.#act('DELETE', `kept/${uniqueId}`);
    if (number > 0) await this.#act('DELETE', `history/${number}`);
  };

  texts = (lang: string) => this.#get<Spoken>(`texts?lang=${encodeURIComponent(lang)}`);

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
      if (this.#viewer) {
        this.#watch.renewSoon([]);
        // That it cannot be shown is no failure of what was done.
        await this.#turns.now();
      }
    }
  }

  /** Where nobody looks and nothing is under way the worker may rest. */
  get #isWanted(): boolean {
    return !document.hidden || this.#shown.fetches.length > 0;
  }

  #onVisibility = (): void => {
    if (!this.#isWanted) return this.#watch.stop();
    if (document.hidden) return;
    this.#watch.renewSoon([]);
    this.#refreshSoon(0);
  };

  #hear({ snapshots, groups = [] }: SnapshotsMessage): void {
    const { fetches } = this.#shown;
    this.#shown.groups = newest([...this.#shown.groups, ...groups]);
    for (const snapshot of snapshots) {
      const listing = fetches.find(({ uniqueId }) => uniqueId === snapshot.uniqueId);
      if (!listing || snapshot.result !== '') this.#refreshSoon(0);
      else if (listing.total === 0) this.#refreshSoon(1000);
      if (listing) update(listing, snapshot);
    }
    if (fetches.length > 0) this.#viewer?.show(this.#shown);
  }

  #refreshSoon(ms: number): void {
    if (this.#viewer) this.#turns.soon(ms);
  }

  async #run(turn: number): Promise<void> {
    await this.#load(turn);
    this.#viewer?.trouble(null);
  }

  #failed(error: unknown, turn: number): void {
    if (!this.#registration.active) return this.#lose();
    this.#refreshSoon(AGAIN_MS);
    if (turn >= this.#newest) this.#viewer?.trouble(error);
  }

  async #load(turn: number): Promise<void> {
    const { history, ...listed } = await this.#get<Listings>('list');
    if (history === this.#revision) return void this.#present(turn, listed, this.#shown.ended);
    // What is under way need not wait for what was, when there is nothing to be seen yet.
    if (this.#revision === undefined) this.#present(turn, listed, []);
    const read = await this.#get<History>('history');
    if (this.#present(turn, listed, read.fetches.map(withId))) this.#revision = read.revision;
  }

  /** Unless a later turn was quicker. */
  #present(turn: number, { fetches, groups }: Omit<Listings, 'history'>, ended: Ended[]): boolean {
    if (turn < this.#newest) return false;
    this.#newest = turn;
    // What ends between the two is in both.
    const listed = fetches
      .map((listing) => this.#newer(withId(listing)))
      .filter(({ uniqueId }) => !ended.some((one) => one.uniqueId === uniqueId));
    const there = new Set(groups.map(({ group }) => group));
    const known = this.#shown.groups.filter(({ group }) => there.has(group));
    this.#shown = { fetches: listed, groups: newest([...groups, ...known]), ended };
    if (listed.some(({ result }) => result !== '')) this.#refreshSoon(SOON_MS);
    this.#viewer?.show(this.#shown);
    return true;
  }

  /** Snapshots may have overtaken the reply. */
  #newer(listing: Listing): Listing {
    const shown = this.#shown.fetches.find(({ uniqueId }) => uniqueId === listing.uniqueId);
    return shown && isOlder(listing, shown) ? shown : listing;
  }

  async #get<T>(path: string): Promise<T> {
    return bodyOf<T>(await requestOf(this.#registration, 'GET', path));
  }
}

function pathOf(listing: Listing, what: string): string {
  return isGroup(listing) ? `groups/${what}${groupQuery(listing.group!)}` : `fetches/${listing.uniqueId}/${what}`;
}

/** The newest of each group; where they are of several engines, the last. */
function newest(groups: GroupSnapshot[]): GroupSnapshot[] {
  const byName = new Map<string, GroupSnapshot>();
  for (const sums of groups) {
    const known = byName.get(sums.group);
    if (!known || !isOlder(sums, known)) byName.set(sums.group, sums);
  }
  return [...byName.values()];
}

/** The id as the site gave it. */
function withId<T extends Snapshot>(listing: T): T {
  return { ...listing, id: fromWire(listing.id) };
}

/** The newer snapshot, or nothing where that is shown already. */
function update(listing: Listing, snapshot: Snapshot): void {
  if (isOlder(snapshot, listing)) return;
  delete listing.retryAt;
  Object.assign(listing, withId(snapshot));
}
