/**
 * `background-fetch-wasm/models`: files of AI models by background fetch. A library
 * that takes a fetch function or a Cache (transformers.js: `env.fetch`,
 * `env.customCache`) gets its files by them, and a reload goes on with what is there.
 */

import { fileNameOf } from '../shared/file-name';
import { fetchModel } from './download';
import { ID_PREFIX } from './ids';
import { keep } from './keep';

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

  return { fetch: async (input, init) => fetchModel(new Request(input, init), cacheName, title), cache };
}

/**
 * For the service worker: stores what arrived, also when the page is gone by then. To be
 * called in its first synchronous run. The listeners of the site hear of it, too.
 */
export function keepModels({ cacheName = DEFAULT_CACHE }: Pick<ModelStoreOptions, 'cacheName'> = {}): void {
  for (const type of ['success', 'fail', 'abort']) {
    addEventListener(`backgroundfetch${type}`, (event) => {
      const { registration, waitUntil } = event as Event & {
        registration: BackgroundFetchRegistration;
        waitUntil(promise: Promise<unknown>): void;
      };
      if (registration.id.startsWith(ID_PREFIX)) waitUntil.call(event, keep(registration, cacheName, type === 'success'));
    });
  }
}
