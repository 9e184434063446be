/** The global object, with the type that it has in a service worker. */
export const worker = self as unknown as ServiceWorkerGlobalScope & typeof globalThis;
