/** Fetch events under our path; all others are left alone. */

import type { Activity } from './activity';
import type { WorkerContext } from './context';
import type { Lifetime } from './lifetime';
import type { Program } from './program';
import { worker } from './worker';

export function listenForFetches(
  context: WorkerContext,
  program: Program,
  lifetime: Lifetime,
  activity: Activity,
): void {
  const path = `${context.path}/`;
  worker.addEventListener('fetch', (event) => {
    activity.active();
    lifetime.hold(event);
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== worker.location.origin || !url.pathname.startsWith(path) || program.retired) return;
    // The site's own fetch listeners are not asked: there is nothing behind our paths.
    event.stopImmediatePropagation();
    event.respondWith(
      request.method === 'GET' || request.method === 'HEAD' ? program.respond(request) : notAllowed(),
    );
  });
}

/** Another site can make a browser send a form to us, so nothing is changed here. */
function notAllowed(): Response {
  return new Response(null, { status: 405, headers: { Allow: 'GET, HEAD' } });
}
