/** A file from the store, or by a background fetch that all share who want it at the time. */

import { isNative } from '../shared/native';
import { ID_PREFIX } from './ids';
import { isCopied, isMarked, mark, unmark } from './keep';

/** How often, and for how long, it is looked for the copy of what arrived while nobody makes one. */
const LOOK_MS = 100;
const NOBODY_MS = 5000;

export async function fetchModel(request: Request, cacheName: string, title: (url: string) => string): Promise<Response> {
  if (!isDownload(request)) return fetch(request);
  const cache = await caches.open(cacheName);
  const stored = isFresh(request) ? undefined : await cache.match(request);
  if (stored) return stored;
  const { signal } = request;
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  return Promise.race([aborted, downloadModel(request, cacheName, title(request.url))]);
}

/** Others ask for a part (transformers.js: for the size, by `Range: bytes=0-0`), send something, or want nothing stored. */
function isDownload({ method, url, headers, cache }: Request): boolean {
  return method === 'GET' && /^https?:/.test(url) && !headers.has('Range') && cache !== 'no-store' && cache !== 'only-if-cached';
}

/** What is stored is not wanted; what comes takes its place. */
function isFresh({ cache }: Request): boolean {
  return cache === 'reload' || cache === 'no-cache';
}

async function downloadModel(request: Request, cacheName: string, title: string): Promise<Response> {
  const { signal } = request;
  const use = await Use.begin(`${cacheName}:use:${request.url}`);
  try {
    for (;;) {
      const found = (await find(request, cacheName)) ?? (await start(request, cacheName, title));
      if (found instanceof Response) {
        void use.end();
        return found;
      }
      use.of(found, signal);
      try {
        const record = await found.match(request, { ignoreVary: true });
        if (!record) throw new TypeError(`The background fetch of ${request.url} has no record of it.`);
        return abortable(await record.responseReady, signal);
      } catch (error) {
        // It ended meanwhile, and is stored.
        if ((error as Error).name !== 'InvalidStateError') throw error;
      }
    }
  } catch (error) {
    void use.end();
    throw error;
  }
}

/** What is under way, or stored. */
async function find(request: Request, cacheName: string): Promise<BackgroundFetchRegistration | Response | undefined> {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const { url } = request;
  const cache = await caches.open(cacheName);
  for (let nobody = 0; ; nobody += LOOK_MS) {
    // In this order nothing is missed: it is active, then marked, then stored.
    const active = await backgroundFetch.get(ID_PREFIX + url);
    if (active || isFresh(request)) return active;
    const marked = await isMarked(cacheName, url);
    const stored = await cache.match(request);
    if (stored || !marked || nobody >= NOBODY_MS) return stored;
    if (await isCopied(cacheName, url)) nobody = 0;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function start(request: Request, cacheName: string, title: string): Promise<BackgroundFetchRegistration | Response> {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const id = ID_PREFIX + request.url;
  await mark(cacheName, request.url);
  try {
    return await backgroundFetch.fetch(id, request, { title });
  } catch (error) {
    // Somebody else may have begun it meanwhile.
    const other = await backgroundFetch.get(id);
    if (other) return other;
    await unmark(cacheName, request.url);
    // Chromium's own refuses all but one `fetch()` for each gesture of the user.
    if (isNative() && error instanceof TypeError) return fetchPlainly(request, cacheName);
    throw error;
  }
}

/** Without background fetch: it begins again after a reload. */
async function fetchPlainly(request: Request, cacheName: string): Promise<Response> {
  const response = await fetch(request);
  if (response.ok) {
    const copy = response.clone();
    const cache = await caches.open(cacheName);
    void cache.put(request, copy).catch(() => {}); // it is not stored then, and is fetched again
  }
  return response;
}

/** That somebody, in whatever page, wants a download: a shared lock. It is aborted when nobody does. */
class Use {
  #name: string;
  #release: () => void;
  #released: Promise<unknown>;

  private constructor(name: string, release: () => void, released: Promise<unknown>) {
    this.#name = name;
    this.#release = release;
    this.#released = released;
  }

  static begin(name: string): Promise<Use> {
    return new Promise((resolve, reject) => {
      const released: Promise<unknown> = navigator.locks.request(name, { mode: 'shared' }, () => {
        return new Promise<void>((release) => queueMicrotask(() => resolve(new Use(name, release, released))));
      });
      released.catch(reject);
    });
  }

  async end(): Promise<void> {
    this.#release();
    await this.#released;
  }

  of(download: BackgroundFetchRegistration, signal: AbortSignal): void {
    const ended = (): void => void (download.result !== '' && this.end());
    download.addEventListener('progress', ended);
    ended();
    const abort = async (): Promise<void> => {
      await this.end();
      await navigator.locks.request(this.#name, { ifAvailable: true }, (lock) => lock && download.abort());
    };
    if (signal.aborted) void abort().catch(() => {});
    else signal.addEventListener('abort', () => void abort().catch(() => {}), { once: true });
  }
}

const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/** The response, whose body ends with its caller's signal, though the download may go on for others. */
function abortable(response: Response, signal: AbortSignal): Response {
  const reader = response.body?.getReader();
  if (!reader) return response;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const abort = (): void => {
          controller.error(signal.reason);
          reader.cancel(signal.reason).catch(() => {});
        };
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      },
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const shown = new Response(body, response);
  Object.defineProperty(shown, 'url', { value: response.url });
  for (const name of READERS) {
    if (!(name in Response.prototype)) continue;
    const read: () => Promise<unknown> = Response.prototype[name];
    // Chromium and WebKit make a TypeError of whatever the stream errored with.
    const value = (): Promise<unknown> =>
      read.call(shown).catch((error) => Promise.reject(signal.aborted ? signal.reason : error));
    Object.defineProperty(shown, name, { value });
  }
  return shown;
}
