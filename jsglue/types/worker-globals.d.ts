/**
 * What a service worker has beyond globals.d.ts: the events and their handlers.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-service-worker-events
 */

import type { KeptGroup, KeptInfo, KeptOptions } from '../shared/kept-info';
import type { WorkerOptions } from '../sw/options';
import './globals';

declare global {
  interface BackgroundFetchKept {
    /** The response, whose body is read as it is asked for. */
    match(request: RequestInfo | URL, options?: KeptOptions): Promise<Response | undefined>;
    /** The last kept first. */
    list(): Promise<KeptInfo[]>;
    /** By URL, or all of a group. Resolves with whether there was one; an unknown group is a TypeError. */
    delete(request: RequestInfo | URL | KeptGroup, options?: KeptOptions): Promise<boolean>;
    /** Bytes, of all and of each group; what is in none is under "". */
    usage(): Promise<{ bytes: number; groups: Record<string, number> }>;
  }

  /** What the manager has beside its members in pages. */
  interface BackgroundFetchManager {
    /** Addition, in the worker only: what fetch() kept with the option `keep`, by URL. */
    readonly kept?: BackgroundFetchKept;
    /**
     * Addition, in the worker only: an answer for the fetch listener of the site, by Range, from what
     * was kept or is under way; undefined where there is none. `url` is that of the record,
     * where it is another than the request's.
     */
    serve?(request: Request, options?: KeptOptions & { url?: string | URL }): Promise<Response | undefined>;
  }

  /** For events that you make yourself. */
  interface BackgroundFetchEventInit extends ExtendableEventInit {
    registration: BackgroundFetchRegistration;
  }

  /** `backgroundfetchabort` and `backgroundfetchclick`. */
  interface BackgroundFetchEvent extends ExtendableEvent {
    readonly registration: BackgroundFetchRegistration;
  }

  /** `backgroundfetchsuccess` and `backgroundfetchfail`. */
  interface BackgroundFetchUpdateUIEvent extends BackgroundFetchEvent {
    /** Once, while the event is active: changes what the user is shown. */
    updateUI(options?: BackgroundFetchUIOptions): Promise<void>;
  }

  /** For events that you make yourself. */
  interface BackgroundFetchRefreshEventInit extends BackgroundFetchEventInit {
    request: Request;
    response: Response;
  }

  /**
   * Addition: `backgroundfetchrefresh`. A GET was answered with 401, 403, 404 or 410: its token, or its
   * signed URL, may have expired.
   */
  interface BackgroundFetchRefreshEvent extends BackgroundFetchEvent {
    /** As it was sent last. */
    readonly request: Request;
    /** What came: the status and the headers. */
    readonly response: Response;
    /**
     * While the event is dispatched, once: another request for the same resource, whose URL, headers and
     * credentials are used from now on. undefined: there is none, and the record fails. Where
     * the promise rejects, the state is waiting-refresh, and the event is fired again later.
     */
    respondWith(request: BackgroundFetchRefreshed | PromiseLike<BackgroundFetchRefreshed>): void;
  }

  /**
   * Addition: `backgroundfetchevict`. Kept records are about to be deleted: they have expired, are above
   * `keepMax`, or their room is needed. What waitUntil() is given is waited for, 30 s at most.
   */
  interface BackgroundFetchEvictEvent extends ExtendableEvent {
    readonly records: readonly KeptInfo[];
  }

  type BackgroundFetchRefreshed = RequestInfo | URL | undefined;

  interface ServiceWorkerGlobalScopeEventMap {
    backgroundfetchrefresh: BackgroundFetchRefreshEvent;
    backgroundfetchevict: BackgroundFetchEvictEvent;
    backgroundfetchsuccess: BackgroundFetchUpdateUIEvent;
    backgroundfetchfail: BackgroundFetchUpdateUIEvent;
    backgroundfetchabort: BackgroundFetchEvent;
    backgroundfetchclick: BackgroundFetchEvent;
  }

  interface ServiceWorkerGlobalScope {
    /** For `sw.js`, before it runs. */
    backgroundFetchOptions?: WorkerOptions;
    onbackgroundfetchsuccess: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchUpdateUIEvent) => unknown) | null;
    onbackgroundfetchfail: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchUpdateUIEvent) => unknown) | null;
    onbackgroundfetchabort: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchEvent) => unknown) | null;
    onbackgroundfetchrefresh: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchRefreshEvent) => unknown) | null;
    onbackgroundfetchevict: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchEvictEvent) => unknown) | null;
    onbackgroundfetchclick: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchEvent) => unknown) | null;
  }

  /** What `self.backgroundFetchOptions` may say; `globalThis.backgroundFetchOptions` of a page, InstallOptions. */
  interface BackgroundFetchScriptOptions extends WorkerOptions {}
  var backgroundFetchOptions: BackgroundFetchScriptOptions | undefined;

  var BackgroundFetchEvent: {
    prototype: BackgroundFetchEvent;
    new (type: string, init: BackgroundFetchEventInit): BackgroundFetchEvent;
  };
  var BackgroundFetchEvictEvent: {
    prototype: BackgroundFetchEvictEvent;
    new (type: string, init: ExtendableEventInit & { records: KeptInfo[] }): BackgroundFetchEvictEvent;
  };
  var BackgroundFetchRefreshEvent: {
    prototype: BackgroundFetchRefreshEvent;
    new (type: string, init: BackgroundFetchRefreshEventInit): BackgroundFetchRefreshEvent;
  };
  var BackgroundFetchUpdateUIEvent: {
    prototype: BackgroundFetchUpdateUIEvent;
    new (type: string, init: BackgroundFetchEventInit): BackgroundFetchUpdateUIEvent;
  };
}
