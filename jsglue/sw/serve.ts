/**
 * `backgroundFetch.serve(request)`, for the fetch listeners of the site: its own URLs
 * are answered from what was kept, or is under way; and `backgroundFetch.kept`. Additions
 * to the standard.
 */

import { BackgroundFetchKept, query } from './kept';
import type { KeptOptions } from '../shared/kept-info';
import { BackgroundFetchManager, transportOf } from '../shared/manager';
import type { ActiveWorker } from './active-worker';
import { cacheNames, type WorkerContext } from './context';
import type { Program } from './program';
import type { Served } from './served';
import { worker } from './worker';

export interface ServeOptions extends KeptOptions {
  /** URL of the record, where it is another than that of the request. */
  url?: string | URL;
}

/** What is an answer; for all else the site has to look elsewhere. */
const ANSWERS = [200, 206, 304, 412, 416];

/** Defines it. To be called before the site adds its listeners. */
export function defineServe(context: WorkerContext, program: Program, served: Served, activeWorker: ActiveWorker): void {
  const events = new WeakMap<Request, FetchEvent>();
  worker.addEventListener('fetch', (event) => void events.set(event.request, event));

  const answer = async (request: Request, asked: string, done: () => void): Promise<Response | undefined> => {
    await activeWorker.known;
    const nothing = !activeWorker.isActive || program.retired || (await cacheNames(context.cachePrefix)).length === 0;
    if (nothing) return undefined;
    const { method, headers, signal } = request;
    // It is the site that asks, whoever navigates.
    const referrer = worker.location.href;
    const inner = new Request(`${worker.location.origin}${context.path}/body${asked}`, { method, headers, signal, referrer });
    // Stored bytes are no scripts or documents of the site, wherever they are asked for.
    for (const name of ['destination', 'mode'] as const) Object.defineProperty(inner, name, { value: request[name] });
    const reply = await program.respond(inner);
    if (!ANSWERS.includes(reply.status)) return undefined;
    const response = await served.response(reply, done);
    // The URL may be another origin's; whoever asked for it may have the answer.
    if (new URL(request.url).origin !== worker.location.origin) response.headers.delete('Cross-Origin-Resource-Policy');
    return response;
  };

  const addition = {
    /** What fetch() kept with the option `keep`. */
    get kept(): BackgroundFetchKept {
      const value = new BackgroundFetchKept(transportOf(this as unknown as BackgroundFetchManager));
      // The same one from now on.
      return Object.defineProperty(this, 'kept', { value }).kept;
    },
    /** Resolves with a response, by Range if asked for one, or undefined. */
    async serve(this: BackgroundFetchManager, request: Request, options: ServeOptions = {}): Promise<Response | undefined> {
      transportOf(this);
      if (!(request instanceof Request))
        throw new TypeError('BackgroundFetchManager.serve: the first argument is not a Request.');
      const asked = query(options.url ?? request, options);
      if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
      let done!: () => void;
      const over = new Promise<void>((resolve) => (done = resolve));
      try {
        // The worker lives for as long as somebody reads, if the browser lets it.
        events.get(request)?.waitUntil(over);
      } catch {
        // The event is over: who serves it late has to see to that.
      }
      const response = await answer(request, asked, done).catch((error) => {
        console.warn(`Background Fetch: serve() cannot answer ${request.url}, and resolves with undefined: ${error}`);
        return undefined;
      });
      if (!response) done();
      return response;
    },
  };
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(addition))) {
    Object.defineProperty(BackgroundFetchManager.prototype, name, { ...descriptor, enumerable: false });
  }
}
