/**
 * One request to the active worker of a registration: a message with a port for what comes
 * back. A worker can be stopped at any time, so silence means "send it again". It may as well
 * be busy: until there is an answer all ports stay open, on which it goes on where it was.
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
  type RequestBodies,
  type RequestMessage,
  type RetiredMessage,
  type WatchMessage,
} from '../shared/protocol';
import { sleep } from '../shared/deadline';
import { hasProgram } from '../shared/names';
import { afterSilence, type Silence } from '../shared/silence';
import type { Reply } from '../shared/transport';
import { VERSION } from '../shared/version';
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
  bodies: RequestBodies = new Map(),
): Promise<Reply> {
  const message = requestMessage(method, path);
  if (body !== undefined) message.body = JSON.stringify(body);
  if (bodies.size) message.bodies = new Map([...bodies].map(([handle, blob]) => [handle, sent(blob)]));
  const exchange = new Exchange(message, bodies);
  try {
    for (let sent = 0, silent = 0; sent < MAX_SENT && silent < MAX_SILENT; sent++) {
      // Read anew each time: an update may have replaced the worker.
      const worker = registration.active;
      if (!worker) throw new TypeError('There is no active service worker: await navigator.serviceWorker.ready.');
      // While the site's activate event lasts, messages wait.
      const ready = worker.state === 'activated';
      const { reply, heard } = await exchange.send(worker);
      if (reply?.type === 'reply') return { status: reply.status, body: JSON.parse(reply.body || 'null') };
      if (heard) silent = 0;
      else if (ready) {
        silent++;
        if (!reply) await complain(registration, worker);
      }
      if (reply) await sleep(RETIRED_DELAY_MS);
    }
    throw new TypeError(complaint(registration, SILENT));
  } finally {
    exchange.close();
  }
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
  if (!hasProgram(names, registration.scope)) throw new TypeError(complaint(registration, FOREIGN));
  sayOnce(complaint(registration, SILENT));
}

const FOREIGN = 'does not know of background fetches';
const SILENT = `does not answer. Look for errors in its console; if there are none it is busy, or ${FOREIGN}`;

function complaint({ active, waiting }: ServiceWorkerRegistration, what: string): string {
  const how = waiting
    ? 'A newer one is waiting: close all pages of the site, or call skipWaiting() when it is installed.'
    : "Begin it with importScripts('…/sw.js') of background-fetch-wasm, and close all pages of the site.";
  return `The active service worker ${active?.scriptURL} ${what}. ${how}`;
}

/** What goes with the message: the parts of a large one are asked for. */
function sent(body: Blob): Blob | { size: number } {
  return body.size > PART_BYTES ? { size: body.size } : body;
}

interface Outcome {
  /** None after DEAD_AFTER_MS of silence. */
  reply?: ReplyMessage | RetiredMessage;
  /** Whether a worker was at it. */
  heard: boolean;
}

class Exchange {
  #message: RequestMessage;
  #bodies: RequestBodies;
  #ports: MessagePort[] = [];
  #reply: ReplyMessage | undefined;
  #heard = false;
  #silence: Silence | undefined;
  #finish: (reply?: RetiredMessage) => void = () => {};

  constructor(message: RequestMessage, bodies: RequestBodies) {
    this.#message = message;
    this.#bodies = bodies;
  }

  /** Send the request once, or once more. A word on any of its ports is as good. */
  async send(worker: ServiceWorker): Promise<Outcome> {
    // It may have come when nobody waited.
    if (this.#reply) return { reply: this.#reply, heard: true };
    this.#heard = false;
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port1);
    port1.onmessage = ({ data }) => this.#hear(data, port1, worker);
    const retired = await new Promise<RetiredMessage | undefined>((resolve) => {
      this.#finish = resolve;
      this.#silence = afterSilence(DEAD_AFTER_MS, () => resolve(undefined));
      post(worker, this.#message, port2);
    });
    this.#silence!.end();
    return { reply: this.#reply ?? retired, heard: this.#heard };
  }

  #hear(data: AliveMessage | PartMessage | ReplyMessage | RetiredMessage, port: MessagePort, worker: ServiceWorker): void {
    if (data.type === 'retired') return this.#finish(data);
    this.#heard = true;
    this.#silence?.heard();
    if (data.type === 'alive') meet(worker, data.version);
    else if (data.type === 'part') port.postMessage(this.#bodies.get(data.handle)!.slice(data.offset, data.offset + PART_BYTES));
    else {
      this.#reply = data;
      this.#finish();
    }
  }

  close(): void {
    this.#silence?.end();
    for (const port of this.#ports) port.close();
  }
}

export function requestMessage(method: Method, path: string): RequestMessage {
  return { [MARK]: 'request', protocol: PROTOCOL, version: VERSION, method, path };
}

/** A worker that is redundant refuses messages: that is silence, too. */
export function post(worker: ServiceWorker, message: RequestMessage | WatchMessage, port: MessagePort): void {
  try {
    worker.postMessage(message, [port]);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
  }
}
