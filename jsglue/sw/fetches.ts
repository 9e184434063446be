/** Fetch events under our path; all others are left alone. */

import type { ActiveWorker } from './active-worker';
import type { WorkerContext } from './context';
import type { Lifetime } from './lifetime';
import type { Program } from './program';
import type { Served } from './served';
import { worker } from './worker';

export function listenForFetches(
  context: WorkerContext,
  program: Program,
  served: Served,
  lifetime: Lifetime,
  activeWorker: ActiveWorker,
): void {
  const path = `${context.path}/`;
  worker.addEventListener('fetch', (event) => {
    activeWorker.active();
    void lifetime.hold(event);
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== worker.location.origin || !url.pathname.startsWith(path) || program.retired) return;
    // The site's own fetch listeners are not asked: there is nothing behind our paths.
    event.stopImmediatePropagation();
    let done!: () => void;
    // The worker lives for as long as somebody reads, if the browser lets it.
    event.waitUntil(new Promise<void>((resolve) => (done = resolve)));
    event.respondWith(program.respond(request).then((answer) => served.response(answer, done)));
  });
}
