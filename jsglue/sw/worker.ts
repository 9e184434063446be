/** The global object, with the type that it has in a service worker. Where the modules are only loaded it may be any other. */
export const worker = globalThis as unknown as ServiceWorkerGlobalScope & typeof globalThis;
