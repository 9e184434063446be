/**
 * `background-fetch-wasm/models`: files of AI models by background fetch. A library
 * that takes a fetch function or a Cache (transformers.js: `env.fetch`,
 * `env.customCache`) gets its files by them, and a reload goes on with what is there.
 */

import { fileNameOf } from '../shared/file-name';

/** Ids of our background fetches: this, and the URL. */
const ID_PREFIX = 'model:';

const DEFAULT_CACHE = 'background-fetch-models';

export interface ModelStoreOptions {
  /** Name of the cache with the complete files. The same for pages and worker. */
  cacheName?: string;
  /** What the user is shown of a download; by default the name of the file. */
  title?: (url: string) => string;
}

/** What transformers.js wants of `env.customCache`: three members of a Cache. */
export interface ModelCache {
  match(request: RequestInfo | URL): Promise<Response | undefined>;
  put(request: RequestInfo | URL, response: Response): Promise<void>;
  delete(request: RequestInfo | URL): Promise<boolean>;
}

export interface ModelStore {
  /**
   * As fetch(). A plain GET comes from the store or by background fetch, its body as it
   * arrives; anything else goes to the network as usual.
   */
  fetch: typeof fetch;
  cache: ModelCache;
}

/** For pages, and their workers. There must be a service worker with the API. */
export function modelStore({ cacheName = DEFAULT_CACHE, title = fileNameOf }: ModelStoreOptions = {}): ModelStore {
  const open = (): Promise<Cache> => caches.open(cacheName);
  const cache: ModelCache = {
    match: async (request) => (await open()).match(request),
    put: async (request, response) => (await open()).put(request, response),
    delete: async (request) => (await open()).delete(request),
  };

  async function fetchModel(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    if (!isDownload(request)) return fetch(request);
    const stored = await cache.match(request);
    if (stored) return stored;
    const { signal } = request;
    signal.throwIfAborted();
    const download = await startDownload(request, title(request.url));
    const abort = (): void => void download.abort().catch(() => {});
    signal.addEventListener('abort', abort, { once: true });
    const record = await download.match(request, { ignoreVary: true });
    if (!record) throw new TypeError(`The background fetch of ${request.url} has no record of it.`);
    return record.responseReady;
  }

  return { fetch: fetchModel, cache };
}

/**
 * For the service worker: stores what arrived, also when the page is gone by then. To be
 * called in its first synchronous run. The listeners of the site hear of it, too.
 */
export function keepModels({ cacheName = DEFAULT_CACHE }: Pick<ModelStoreOptions, 'cacheName'> = {}): void {
  addEventListener('backgroundfetchsuccess', (event) => {
    const { registration, waitUntil } = event as Event & {
      registration: BackgroundFetchRegistration;
      waitUntil(promise: Promise<unknown>): void;
    };
    if (!registration.id.startsWith(ID_PREFIX)) return;
    waitUntil.call(event, store(registration, cacheName));
  });
}

async function store(registration: BackgroundFetchRegistration, cacheName: string): Promise<void> {
  const cache = await caches.open(cacheName);
  for (const record of await registration.matchAll()) await cache.put(record.request, await record.responseReady);
}

/** Others ask for a part (transformers.js: for the size, by `Range: bytes=0-0`), or send something. */
function isDownload({ method, url, headers }: Request): boolean {
  return method === 'GET' && /^https?:/.test(url) && !headers.has('Range');
}

async function startDownload(request: Request, title: string): Promise<BackgroundFetchRegistration> {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const id = ID_PREFIX + request.url;
  const active = await backgroundFetch.get(id);
  if (active) return active;
  try {
    return await backgroundFetch.fetch(id, request, { title });
  } catch (error) {
    // Somebody else may have begun it meanwhile.
    const other = await backgroundFetch.get(id);
    if (other) return other;
    throw error;
  }
}
