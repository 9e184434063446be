/**
 * Background Fetch as TypeScript sees it, in pages and workers: the interfaces of the
 * standard, which TypeScript's own libraries leave out, and our additions, which
 * docs/additions.md explains. conformance.ts holds the implementation to it.
 * Source: https://wicg.github.io/background-fetch/
 */

import type { State, StorageGrant } from '../shared/states';
import type { Pieces } from '../shared/pieces';
import type { RetryOptions } from '../shared/retry';

declare global {
  type BackgroundFetchResult = '' | 'success' | 'failure';

  type BackgroundFetchFailureReason =
    | ''
    | 'aborted'
    | 'bad-status'
    | 'fetch-error'
    | 'quota-exceeded'
    | 'download-total-exceeded';

  interface BackgroundFetchIcon {
    src: string;
    sizes?: string;
    type?: string;
    label?: string;
  }

  interface BackgroundFetchUIOptions {
    icons?: BackgroundFetchIcon[];
    title?: string;
  }

  interface BackgroundFetchOptions extends BackgroundFetchUIOptions {
    /** Bytes; more than that are a failure. 0, the default: not known. */
    downloadTotal?: number;
    /** Addition: it begins paused. */
    paused?: boolean;
    /** Addition: hashes of the pieces of bodies, by URL. */
    pieces?: Record<string, Pieces>;
    /** Addition: when to try again, and when to give up. */
    retry?: RetryOptions;
  }

  interface BackgroundFetchManager {
    /** Rejects with TypeError, NotAllowedError, QuotaExceededError or AbortError. */
    fetch(
      id: string,
      requests: RequestInfo | URL | Iterable<RequestInfo | URL>,
      options?: BackgroundFetchOptions,
    ): Promise<BackgroundFetchRegistration>;
    get(id: string): Promise<BackgroundFetchRegistration | undefined>;
    getIds(): Promise<string[]>;
    /** Addition: asks the browser not to delete what this origin stored. */
    persist?(): Promise<StorageGrant>;
  }

  interface BackgroundFetchRegistrationEventMap {
    progress: Event;
    /** Addition. */
    statechange: Event;
  }

  interface BackgroundFetchRegistration extends EventTarget {
    readonly id: string;
    readonly uploadTotal: number;
    readonly uploaded: number;
    readonly downloadTotal: number;
    readonly downloaded: number;
    readonly result: BackgroundFetchResult;
    readonly failureReason: BackgroundFetchFailureReason;
    readonly recordsAvailable: boolean;
    onprogress: ((this: BackgroundFetchRegistration, event: Event) => unknown) | null;
    abort(): Promise<boolean>;
    match(request: RequestInfo | URL, options?: CacheQueryOptions): Promise<BackgroundFetchRecord | undefined>;
    matchAll(request?: RequestInfo | URL, options?: CacheQueryOptions): Promise<BackgroundFetchRecord[]>;

    // Additions; the browser's own implementation has none of them.
    pause?(): Promise<boolean>;
    resume?(): Promise<boolean>;
    readonly paused?: boolean;
    readonly state?: State;
    /** While state is waiting-retry, else null. */
    readonly retryAt?: Date | null;

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

  interface BackgroundFetchRecord {
    readonly request: Request;
    /** Rejects with AbortError or TypeError where there is no response. */
    readonly responseReady: Promise<Response>;
  }

  interface ServiceWorkerRegistration {
    readonly backgroundFetch: BackgroundFetchManager;
  }

  var BackgroundFetchManager: { prototype: BackgroundFetchManager };
  var BackgroundFetchRegistration: { prototype: BackgroundFetchRegistration };
  var BackgroundFetchRecord: { prototype: BackgroundFetchRecord };
}
