/**
 * Background Fetch as TypeScript sees it, in pages and workers: the interfaces of the
 * standard, which TypeScript's own libraries leave out, and our additions, which
 * docs/additions.md explains. conformance.ts holds the implementation to it.
 * Source: https://wicg.github.io/background-fetch/
 */

import type { KeepOptions, Room } from '../shared/kept-info';
import type { State, StorageGrant } from '../shared/states';
import type { Connections, NetworkOptions, Priority } from '../shared/network-options';
import type { Pieces } from '../shared/pieces';
import type { RetryOptions } from '../shared/retry';

declare global {
  /** "" while it is active. */
  type BackgroundFetchResult = '' | 'success' | 'failure';

  /** Why `result` is "failure": of the first record that failed. */
  type BackgroundFetchFailureReason =
    | ''
    | 'aborted'
    | 'bad-status'
    | 'fetch-error'
    | 'quota-exceeded'
    | 'download-total-exceeded';

  /** An image for what the user is shown. */
  interface BackgroundFetchIcon {
    src: string;
    sizes?: string;
    type?: string;
    label?: string;
  }

  /** What the user is shown. */
  interface BackgroundFetchUIOptions {
    icons?: BackgroundFetchIcon[];
    title?: string;
  }

  /** Options of `fetch()`. */
  interface BackgroundFetchOptions extends BackgroundFetchUIOptions {
    /** Bytes; more than that are a failure. 0, the default: not known. */
    downloadTotal?: number;
    /** Addition: if it succeeds its records stay, see `kept` of the worker's manager. */
    keep?: boolean | KeepOptions;
    /** Addition: whether what is kept and not pinned may be deleted where it needs room. Default: 'free', it may not. */
    room?: Room;
    /** Addition: a name for what belongs together, see `group()` of the manager. The default of `keep.group`. */
    group?: string;
    /** Addition: it begins paused. */
    paused?: boolean;
    /** Addition: hashes of the pieces of bodies, by URL. */
    pieces?: Record<string, Pieces>;
    /** Addition: when to try again, and when to give up. */
    retry?: RetryOptions;
    /** Addition: which go first. Default: 'normal'. */
    priority?: Priority;
    /** Addition: 'unmetered' waits while the browser says that data are to be saved. */
    network?: Connections;
    /** Addition: bytes per second. 0, the default: no limit. */
    maxBandwidth?: number;
  }

  /** `registration.backgroundFetch`, in pages and in the service worker. */
  interface BackgroundFetchManager {
    /**
     * Begins a background fetch, with an id of yours that no active one has. Rejects with TypeError, NotAllowedError, QuotaExceededError or
     * AbortError.
     */
    fetch(
      id: string,
      requests: RequestInfo | URL | Iterable<RequestInfo | URL>,
      options?: BackgroundFetchOptions,
    ): Promise<BackgroundFetchRegistration>;
    /** The active one with this id: one object for each in a page. */
    get(id: string): Promise<BackgroundFetchRegistration | undefined>;
    /** Of all that are active. */
    getIds(): Promise<string[]>;
    /** Addition: the background fetches that have this `group`: one object for each name in a page. */
    group?(name: string): BackgroundFetchGroup;
    /** Addition: asks the browser not to delete what this origin stored. */
    persist?(): Promise<StorageGrant>;
  }

  interface BackgroundFetchGroupEventMap {
    /** A sum has changed. */
    progress: Event;
    /** What there is, or in which state, has changed. */
    statechange: Event;
  }

  /**
   * Addition: the background fetches that have the same `group`: those that are under way, and those that
   * have ended since any of them was. Its members change as they go on.
   */
  interface BackgroundFetchGroup extends EventTarget {
    readonly name: string;
    /** Each once, in order of creation. */
    readonly ids: string[];
    /** Bytes of all request bodies, as all sums without those that have failed. */
    readonly uploadTotal: number;
    readonly uploaded: number;
    /** Bytes, as `fetch()` was told or the servers said; 0 while that is not known of one of them. */
    readonly downloadTotal: number;
    readonly downloaded: number;
    /** That of the one that is nearest to its end. */
    readonly state: State;
    /** How many are in each state; a state that none is in is not there. */
    readonly states: Partial<Record<State, number>>;
    /** How many have ended, and how. */
    readonly results: Record<'success' | 'failure', number>;
    onprogress: ((this: BackgroundFetchGroup, event: Event) => unknown) | null;
    onstatechange: ((this: BackgroundFetchGroup, event: Event) => unknown) | null;
    /** All that are under way. Resolves with whether any is paused. */
    pause(): Promise<boolean>;
    /** All go on. Resolves with whether any is paused: false. */
    resume(): Promise<boolean>;
    /** Resolves with whether any was still active. */
    abort(): Promise<boolean>;
    /** Resolves with whether any was changed. */
    setOptions(options: NetworkOptions): Promise<boolean>;

    addEventListener<K extends keyof BackgroundFetchGroupEventMap>(
      type: K,
      listener: (this: BackgroundFetchGroup, event: BackgroundFetchGroupEventMap[K]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | EventListenerOptions,
    ): void;
  }

  /** Events of a registration. The last `progress` comes with the result. */
  interface BackgroundFetchRegistrationEventMap {
    progress: Event;
    /** Addition. */
    statechange: Event;
  }

  /**
   * A background fetch. Its members change as it goes on. The browser's own implementation has none of the
   * additions. One check, `if (download.pause)`, tells TypeScript that all of them are there.
   */
  type BackgroundFetchRegistration = BackgroundFetchStandardRegistration &
    (BackgroundFetchRegistrationAdditions | Partial<Record<keyof BackgroundFetchRegistrationAdditions, undefined>>);

  /** What a registration has in every implementation. */
  interface BackgroundFetchStandardRegistration extends EventTarget {
    readonly id: string;
    /** Bytes of all request bodies. */
    readonly uploadTotal: number;
    /** Bytes that are sent: 0 until a response begins, as browsers tell no more. */
    readonly uploaded: number;
    /** Bytes, as `fetch()` was told; 0 where it was not. */
    readonly downloadTotal: number;
    /** Bytes of response bodies that are stored. */
    readonly downloaded: number;
    readonly result: BackgroundFetchResult;
    readonly failureReason: BackgroundFetchFailureReason;
    /** Until the closing event is over, and all is deleted. */
    readonly recordsAvailable: boolean;
    onprogress: ((this: BackgroundFetchRegistration, event: Event) => unknown) | null;
    /** Resolves with whether it was still active. */
    abort(): Promise<boolean>;
    /** The first record of this request. */
    match(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<BackgroundFetchRecord | undefined>;
    /** All records, or all of this request. */
    matchAll(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<BackgroundFetchRecord[]>;

    addEventListener<K extends keyof BackgroundFetchRegistrationEventMap>(
      type: K,
      listener: (this: BackgroundFetchRegistration, event: BackgroundFetchRegistrationEventMap[K]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
    addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | AddEventListenerOptions,
    ): void;
    removeEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null,
      options?: boolean | EventListenerOptions,
    ): void;
  }

  /** Addition: what a registration of this implementation has beside. */
  interface BackgroundFetchRegistrationAdditions {
    /** Keeps what there is. Resolves with whether it is paused. */
    pause(): Promise<boolean>;
    /** Goes on. Resolves with whether it is paused. */
    resume(): Promise<boolean>;
    /** Its group, "" where it has none. */
    readonly group: string;
    readonly paused: boolean;
    readonly state: State;
    /** While state is waiting-host, waiting-retry or waiting-refresh, else null. */
    readonly retryAt: Date | null;
    readonly priority: Priority;
    readonly network: Connections;
    /** Bytes per second, 0 for no limit. */
    readonly maxBandwidth: number;
    setOptions(options: NetworkOptions): Promise<boolean>;
    /**
     * Lets a record be sent with the URL, the headers and the credentials of another request for the
     * same resource from now on, as before a token expires. Resolves with whether it is: not if
     * the record has its response.
     */
    setRequest(record: BackgroundFetchRecord, request: RequestInfo | URL): Promise<boolean>;
  }

  /** One request of a background fetch. */
  interface BackgroundFetchRecord {
    readonly request: Request;
    /** Resolves when the response begins; its body streams what is still to come. Rejects with AbortError or TypeError where there is no response. */
    readonly responseReady: Promise<Response>;
  }

  interface ServiceWorkerRegistration {
    readonly backgroundFetch: BackgroundFetchManager;
  }

  var BackgroundFetchManager: { prototype: BackgroundFetchManager };
  var BackgroundFetchGroup: { prototype: BackgroundFetchGroup };
  var BackgroundFetchRegistration: { prototype: BackgroundFetchRegistration };
  var BackgroundFetchRecord: { prototype: BackgroundFetchRecord };
}
