/**
 * The background fetch with an id, as a store. The list tells when there is one, whoever began
 * it; how far it is, its registration tells.
 */

import type { State } from '../shared/states';
import type { Download, DownloadsStore } from './downloads';
import { Store, toError } from './store';

/** The background fetch with an id, or that there is none. What ended in the meantime stays until the next one begins. */
export interface BackgroundFetchState {
  /** To pause, resume and abort it, and for its records. Null where there is none, and where it had ended before it was found. */
  readonly registration: BackgroundFetchRegistration | null;
  /** Bytes, as all that follow. */
  readonly uploadTotal: number;
  readonly uploaded: number;
  /** As `fetch()` was told; 0 where it was not. */
  readonly downloadTotal: number;
  readonly downloaded: number;
  /** Of all bodies, including lengths reported by servers; 0 while that is not known. */
  readonly total: number;
  /** Null where there is none. */
  readonly state: State | null;
  readonly result: BackgroundFetchResult;
  readonly failureReason: BackgroundFetchFailureReason;
  /** Why it failed, in English, a second or so after the result; "" where it did not, or that is not known. */
  readonly detail: string;
  /** Whether the service worker has answered. Before that there is none. */
  readonly ready: boolean;
  /** Why it cannot be known for now; it is asked for again. That it failed is `failureReason`. */
  readonly error: Error | null;
}

export const NO_BACKGROUND_FETCH: BackgroundFetchState = {
  ...{ registration: null, uploadTotal: 0, uploaded: 0, downloadTotal: 0, downloaded: 0, total: 0 },
  ...{ state: null, result: '', failureReason: '', detail: '', ready: false, error: null },
};

/** The browser's own has no statechange. */
const EVENTS = ['progress', 'statechange'];

export class BackgroundFetchStore extends Store<BackgroundFetchState> {
  #id: string;
  #downloads: DownloadsStore;
  /** Null while nobody looks. */
  #unsubscribe: (() => void) | null = null;
  /** What ended before is no concern of whoever asks now. */
  #since = Date.now();
  /** As the list shows it. */
  #listed: Download | null = null;
  #registration: BackgroundFetchRegistration | null = null;
  #finding = false;
  /** Why the registration cannot be had. */
  #failure: Error | null = null;

  constructor(id: string, downloads: DownloadsStore) {
    super(NO_BACKGROUND_FETCH);
    this.#id = id;
    this.#downloads = downloads;
  }

  protected open(): void {
    this.#unsubscribe = this.#downloads.subscribe(this.#look);
    this.#follow(this.#registration);
    this.#look();
  }

  protected close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    for (const type of EVENTS) this.#registration?.removeEventListener(type, this.#update);
  }

  #look = (): void => {
    const newest = this.#newest();
    if (newest && newest.uniqueId !== this.#listed?.uniqueId) this.#follow(null);
    // One that has ended is in the history, from where it may be removed.
    if (newest || !this.#registration) this.#listed = newest ?? null;
    if (newest?.result !== '') this.#failure = null;
    else if (this.#registration?.result !== '') void this.#find();
    this.#update();
  };

  #newest(): Download | undefined {
    const { active, ended } = this.#downloads.getSnapshot();
    const isWanted = ({ id }: Download): boolean => id === this.#id;
    return active.filter(isWanted).at(-1) ?? ended.find((one) => isWanted(one) && one.ended.getTime() >= this.#since);
  }

  /** There is none if it ended while it was asked for. */
  async #find(): Promise<void> {
    if (this.#finding) return;
    this.#finding = true;
    const wanted = this.#listed?.uniqueId;
    let found: BackgroundFetchRegistration | undefined;
    try {
      const manager = this.#downloads.registration?.backgroundFetch;
      if (!manager) throw new TypeError('This page has no Background Fetch: call install() of background-fetch-wasm first.');
      found = await manager.get(this.#id);
      this.#failure = null;
    } catch (error) {
      this.#failure = toError(error);
    } finally {
      this.#finding = false;
    }
    if (!this.#unsubscribe) return;
    // Meanwhile another one may have begun.
    if (wanted !== this.#listed?.uniqueId) return this.#look();
    if (found) this.#follow(found);
    this.#update();
  }

  #follow(registration: BackgroundFetchRegistration | null): void {
    for (const type of EVENTS) {
      this.#registration?.removeEventListener(type, this.#update);
      registration?.addEventListener(type, this.#update);
    }
    this.#registration = registration;
  }

  #update = (): void => {
    const { ready, error } = this.#downloads.getSnapshot();
    const shown = this.#registration ?? this.#listed ?? NO_BACKGROUND_FETCH;
    const { uploadTotal, uploaded, downloadTotal, downloaded, result, failureReason, state = 'running' } = shown;
    this.set({
      ...{ registration: this.#registration, uploadTotal, uploaded, downloadTotal, downloaded },
      ...{ total: this.#listed?.total ?? 0, state: result === '' ? state : 'settled', result, failureReason },
      ...{ detail: this.#listed?.detail ?? '', ready, error: error ?? this.#failure },
    });
  };
}
