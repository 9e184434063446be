/**
 * One message to the active worker of a registration, with a port for what comes
 * back. A worker can be stopped at any time, so silence means "send it again".
 */

import {
  DEAD_AFTER_MS,
  MARK,
  PART_BYTES,
  PROTOCOL,
  type AliveMessage,
  type Method,
  type PartMessage,
  type ReplyMessage,
  type RequestMessage,
  type RetiredMessage,
  type WatchMessage,
} from '../shared/protocol';
import type { Reply } from '../shared/transport';
import { VERSION } from '../shared/version';
import { hasCache } from './caches';
import { meet, sayOnce } from './meet';

/** A request is given up after so many times DEAD_AFTER_MS without any word. */
export const MAX_SILENT = 12;
/** ... and after it was sent so many times to workers that began to answer and died. */
const MAX_SENT = 24;
/** A worker that has retired is followed by another one in about no time. */
const RETIRED_DELAY_MS = 500;

/** Transport.request by messages. */
export async function requestOf(
  registration: ServiceWorkerRegistration,
  method: Method,
  path: string,
  body?: unknown,
  bodies: Blob[] = [],
): Promise<Reply> {
  const message: RequestMessage = { [MARK]: 'request', protocol: PROTOCOL, version: VERSION, method, path };
  if (body !== undefined) message.body = JSON.stringify(body);
  if (bodies.length) message.bodies = bodies.map((blob) => (blob.size > PART_BYTES ? { size: blob.size } : blob));
  for (let sent = 0, silent = 0; sent < MAX_SENT && silent < MAX_SILENT; sent++) {
    // Read anew each time: an update may have replaced the worker.
    const worker = registration.active;
    if (!worker) throw new TypeError('The service worker registration has no active worker.');
    // While the site's activate event lasts, messages wait.
    const ready = worker.state === 'activated';
    const { reply, heard } = await exchange(worker, message, bodies);
    if (reply?.type === 'reply') return { status: reply.status, body: JSON.parse(reply.body || 'null') };
    if (heard) silent = 0;
    else if (ready) {
      silent++;
      if (!reply) await complain(registration, worker);
    }
    if (reply) await new Promise((resolve) => setTimeout(resolve, RETIRED_DELAY_MS));
  }
  throw new TypeError(complaint(registration, SILENT));
}

/**
 * A worker said nothing. One with our script made a cache when it was installed: it may
 * be slow, or have lost the line since, so the console says so and it is waited for.
 * Throws where there is no such cache.
 */
async function complain(registration: ServiceWorkerRegistration, worker: ServiceWorker): Promise<void> {
  // Storage that fails tells nothing.
  const names = await caches.keys().catch(() => undefined);
  if (registration.active !== worker || !names) return;
  if (!hasCache(names, 'program', registration.scope)) throw new TypeError(complaint(registration, FOREIGN));
  sayOnce(complaint(registration, SILENT));
}

const FOREIGN = 'does not know of background fetches';
const SILENT = `does not answer. Look for errors in its console; if there are none it is busy, or ${FOREIGN}`;

function complaint({ active, waiting }: ServiceWorkerRegistration, what: string): string {
  const how = waiting
    ? 'A newer one is waiting: close all pages of the site, or call skipWaiting() when it is installed.'
    : "Begin it with importScripts('…/sw.js'), the sw.js of background-fetch-wasm, and reload the page.";
  return `The active service worker ${active?.scriptURL} ${what}. ${how}`;
}

/**
 * Send the request once. Resolves with the reply, or without one after
 * DEAD_AFTER_MS of silence; `heard` says whether the worker was at it.
 */
function exchange(
  worker: ServiceWorker,
  message: RequestMessage,
  bodies: Blob[],
): Promise<{ reply?: ReplyMessage | RetiredMessage; heard: boolean }> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    let heard = false;
    let timer: ReturnType<typeof setTimeout>;
    const finish = (reply?: ReplyMessage | RetiredMessage): void => {
      clearTimeout(timer);
      port1.close();
      resolve({ reply, heard });
    };
    const listen = (): void => {
      clearTimeout(timer);
      timer = setTimeout(finish, DEAD_AFTER_MS);
    };
    port1.onmessage = ({ data }: MessageEvent<AliveMessage | PartMessage | ReplyMessage | RetiredMessage>) => {
      if (data.type === 'part') return port1.postMessage(bodies[data.index]!.slice(data.offset, data.offset + PART_BYTES));
      if (data.type !== 'alive') return finish(data);
      heard = true;
      meet(worker, data.version);
      listen();
    };
    listen();
    post(worker, message, port2);
  });
}

/** A worker that is redundant refuses messages: that is silence, too. */
export function post(worker: ServiceWorker, message: RequestMessage | WatchMessage, port: MessagePort): void {
  try {
    worker.postMessage(message, [port]);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
  }
}
