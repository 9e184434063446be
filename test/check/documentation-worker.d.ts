/** What TypeScript's library for workers leaves to `self as ServiceWorkerGlobalScope`. */

import '../../jsglue/types/worker-globals';

declare global {
  const clients: Clients;
  const registration: ServiceWorkerRegistration;
  function skipWaiting(): Promise<void>;
  function addEventListener<K extends keyof ServiceWorkerGlobalScopeEventMap>(
    type: K,
    listener: (event: ServiceWorkerGlobalScopeEventMap[K]) => unknown,
  ): void;
}
