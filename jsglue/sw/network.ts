/** What can be known of the network without sending the request itself. */

import { within } from '../shared/deadline';
import type { HostMethods } from './host';
import { HostFailure } from './hosterror';
import { worker } from './worker';

/** How often the browser's opinion is asked: not every engine fires `online` in service workers. */
const ONLINE_POLL_MS = 1000;

/**
 * Resolves when the condition holds, which is looked at again each time that `listen` calls back.
 * `listen` returns what ends it. Rejects 'stopped'.
 */
async function waitUntil(holds: () => boolean, signal: AbortSignal, listen: (callback: () => void) => () => void): Promise<void> {
  while (!holds()) {
    if (signal.aborted) throw new HostFailure('stopped', 'The call was cancelled.');
    await new Promise<void>((resolve) => {
      const stop = listen(done);
      function done() {
        stop();
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done);
    });
  }
}

/** Resolves when the browser says that it is online. Rejects 'stopped'. */
export async function waitOnline(_: null, signal: AbortSignal): Promise<null> {
  await waitUntil(
    () => navigator.onLine,
    signal,
    (callback) => {
      const timer = setTimeout(callback, ONLINE_POLL_MS);
      worker.addEventListener('online', callback);
      return () => {
        clearTimeout(timer);
        worker.removeEventListener('online', callback);
      };
    },
  );
  return null;
}

/** How long after the rejection the event of a violated policy may come. */
const EVENT_WITHIN_MS = 200;

/** NetworkInformation, which Chromium alone has; TypeScript's library has not. */
interface Connection extends EventTarget {
  saveData?: boolean;
  type?: string;
  effectiveType?: string;
}

const connectionOf = (): Connection | undefined => (navigator as { connection?: Connection }).connection;

function isMetered(): boolean {
  const connection = connectionOf();
  return connection?.saveData === true || connection?.type === 'cellular';
}

/** Whether the user saves data, or pays for them, as far as the browser tells. */
export async function metered(): Promise<boolean> {
  return isMetered();
}

/** Resolves when metered() has become what is given: never, where the browser does not tell. Rejects 'stopped'. */
export async function waitMetered(wanted: HostMethods['waitMetered'][0], signal: AbortSignal): Promise<null> {
  await waitUntil(
    () => isMetered() === wanted.metered,
    signal,
    (callback) => {
      const connection = connectionOf();
      connection?.addEventListener('change', callback);
      return () => connection?.removeEventListener('change', callback);
    },
  );
  return null;
}

/** How often something spoke for another try, in this worker, and who waits for the next time. */
let changes = 0;
const waiting = new Set<() => void>();

/** Another network, or somebody looks: what waits for a server is tried now. */
export function noteChange(): void {
  changes++;
  for (const resolve of waiting) resolve();
}

let listening = false;

function listenForChanges(): void {
  if (listening) return;
  listening = true;
  worker.addEventListener('online', noteChange);
  const connection = connectionOf();
  // `change` also comes with each new estimate of its speed.
  const kind = (): string => `${connection?.type} ${connection?.effectiveType}`;
  let last = kind();
  connection?.addEventListener('change', () => {
    if (kind() !== last) noteChange();
    last = kind();
  });
}

/** Resolves with the number of changes, when it is another than the one that was seen. Rejects 'stopped'. */
export async function waitChange({ seen }: HostMethods['waitChange'][0], signal: AbortSignal): Promise<number> {
  listenForChanges();
  await waitUntil(
    () => changes !== seen,
    signal,
    (callback) => {
      waiting.add(callback);
      return () => waiting.delete(callback);
    },
  );
  return changes;
}

/** Whether the server answers anything, be it only to say that CORS forbids us. */
export async function reachable({ url }: HostMethods['reachable'][0], signal: AbortSignal): Promise<boolean> {
  // The browser itself refuses mixed content, and always will.
  if (isMixedContent(new URL(url))) return true;
  const { forbidden, stop } = listenForViolation(new URL(url).origin);
  try {
    await fetch(url, { method: 'HEAD', mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal });
    return true;
  } catch {
    if (signal.aborted) throw new HostFailure('stopped', 'The call was cancelled.');
    // So it does what the worker's own policy forbids, at once or where it is redirected to.
    return (await within(forbidden, EVENT_WITHIN_MS)) ?? false;
  } finally {
    stop();
  }
}

/** `forbidden` resolves when the worker's content security policy refuses a request to the origin. Not in WebKit. */
function listenForViolation(origin: string): { forbidden: Promise<true>; stop: () => void } {
  const listening = new AbortController();
  const forbidden = new Promise<true>((resolve) => {
    const note = (event: Event): void => {
      const { disposition, blockedURI } = event as SecurityPolicyViolationEvent;
      if (disposition === 'enforce' && blockedURI.startsWith(origin)) resolve(true);
    };
    const target: EventTarget = worker;
    target.addEventListener('securitypolicyviolation', note, { signal: listening.signal });
  });
  return { forbidden, stop: () => listening.abort() };
}

/** https://w3c.github.io/webappsec-mixed-content/#should-block-fetch */
function isMixedContent({ protocol, hostname }: URL): boolean {
  if (protocol !== 'http:' || worker.location.protocol !== 'https:') return false;
  return !/^(127\.\d+\.\d+\.\d+|\[::1\]|localhost|.*\.localhost)$/.test(hostname);
}
