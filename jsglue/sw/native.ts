/**
 * Page and worker have to agree on whose Background Fetch it is. Where they do
 * not, somebody is told, instead of waiting for events that never come.
 */

import { makeProblem } from '../shared/problem';
import { MARK, type ReplyMessage } from '../shared/protocol';
import { worker } from './worker';

const HOW = "set backgroundFetchOptions = { native: 'never' } in both, before the script, or in neither";

/** In a worker that leaves everything to the browser: pages which do not get an error. */
export function refuseRequests(): void {
  worker.addEventListener('message', (event) => {
    const { data, ports } = event;
    if (typeof data !== 'object' || data === null || !(MARK in data)) return;
    event.stopImmediatePropagation();
    if (data[MARK] !== 'request') return;
    const detail = `The page has native: 'never', but its service worker uses the browser's own Background Fetch: ${HOW}.`;
    const problem = makeProblem(409, 'Page and worker disagree', detail);
    ports[0]?.postMessage({ type: 'reply', status: 409, body: JSON.stringify(problem) } satisfies ReplyMessage);
  });
}

/** In a worker that uses ours: events of the browser's own tell that a page does not. */
export function reportNativeEvents(types: readonly string[]): void {
  const report = (event: Event): void => {
    if (!event.isTrusted) return;
    console.error(
      `A ${event.type} of the browser's own Background Fetch: the worker has native: 'never', but a page has not: ${HOW}.`,
    );
  };
  for (const type of types) worker.addEventListener(type, report);
}
