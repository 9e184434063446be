/**
 * What a service worker has beyond globals.d.ts: the events and their handlers.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-service-worker-events
 */

import './globals';

declare global {
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

  interface ServiceWorkerGlobalScopeEventMap {
    backgroundfetchsuccess: BackgroundFetchUpdateUIEvent;
    backgroundfetchfail: BackgroundFetchUpdateUIEvent;
    backgroundfetchabort: BackgroundFetchEvent;
    backgroundfetchclick: BackgroundFetchEvent;
  }

  interface ServiceWorkerGlobalScope {
    onbackgroundfetchsuccess: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchUpdateUIEvent) => unknown) | null;
    onbackgroundfetchfail: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchUpdateUIEvent) => unknown) | null;
    onbackgroundfetchabort: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchEvent) => unknown) | null;
    onbackgroundfetchclick: ((this: ServiceWorkerGlobalScope, event: BackgroundFetchEvent) => unknown) | null;
  }

  var BackgroundFetchEvent: {
    prototype: BackgroundFetchEvent;
    new (type: string, init: BackgroundFetchEventInit): BackgroundFetchEvent;
  };
  var BackgroundFetchUpdateUIEvent: {
    prototype: BackgroundFetchUpdateUIEvent;
    new (type: string, init: BackgroundFetchEventInit): BackgroundFetchUpdateUIEvent;
  };
}
