/**
 * The page's end of the wire: messages to the active worker of a registration,
 * each with a port for what comes back. A worker can be stopped at any time, so
 * silence means "send it again", and what is watched is told over and over.
 */

import { loseInstances, tellGone, tellInstances } from '../shared/instances';
import {
  DEAD_AFTER_MS,
  MARK,
  PROTOCOL,
  WATCH_INTERVAL_MS,
  type AckMessage,
  type AliveMessage,
  type ReplyMessage,
  type RequestMessage,
  type RetiredMessage,
  type SnapshotsMessage,
  type WatchMessage,
} from '../shared/protocol';
import type { Reply, Transport } from '../shared/transport';
import { checkPolicy } from './policy';

/** A request is given up after so many times DEAD_AFTER_MS without any word. */
const MAX_SILENT = 12;
/** ... and after it was sent so many times to workers that began to answer and died. */
const MAX_SENT = 24;
/** A worker that has retired is followed by another one in about no time. */
const RETIRED_DELAY_MS = 500;

const client = crypto.randomUUID();

/** Workers have none, and are never hidden. */
const document = globalThis.document as Document | undefined;

const transports = new WeakMap<ServiceWorkerRegistration, PortTransport>();

/** The one transport of a registration. */
export function transportOf(registration: ServiceWorkerRegistration): PortTransport {
  let transport = transports.get(registration);
  if (!transport) transports.set(registration, (transport = new PortTransport(registration)));
  return transport;
}

export class PortTransport implements Transport {
  #registration: ServiceWorkerRegistration;
  #watched = new Set<string>();
  #keptAwake = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #scheduled = false;
  /** Watches since the worker last said a word on one. */
  #silent = 0;
  /** The ports of the last two watches: news may still be on its way on the older. */
  #ports: MessagePort[] = [];

  constructor(registration: ServiceWorkerRegistration) {
    this.#registration = registration;
  }

  checkPolicy = checkPolicy;

  hasActiveWorker(): boolean {
    return this.#registration.active !== null;
  }

  async request(method: 'GET' | 'POST', path: string, body?: unknown, bodies?: Blob[]): Promise<Reply> {
    const message: RequestMessage = { [MARK]: 'request', protocol: PROTOCOL, method, path };
    if (body !== undefined) message.body = JSON.stringify(body);
    if (bodies?.length) message.bodies = bodies;
    for (let sent = 0, silent = 0; sent < MAX_SENT && silent < MAX_SILENT; sent++) {
      // Read anew each time: an update may have replaced the worker.
      const worker = this.#registration.active;
      if (!worker) throw new TypeError('The service worker registration has no active worker.');
      const { reply, heard } = await exchange(worker, message);
      if (reply?.type === 'reply') return { status: reply.status, body: JSON.parse(reply.body || 'null') };
      silent = heard ? 0 : silent + 1;
      if (reply) await new Promise((resolve) => setTimeout(resolve, RETIRED_DELAY_MS));
    }
    throw new TypeError(
      `The active service worker (${this.#registration.active?.scriptURL}) does not answer. ` +
        'For background fetches it has to importScripts the sw.js of this library.',
    );
  }

  watch(uniqueId: string): void {
    this.#watched.add(uniqueId);
    this.#renewSoon();
  }

  unwatch(uniqueId: string): void {
    this.#watched.delete(uniqueId);
    this.#stopIfIdle();
  }

  /** Keep the worker at work that no object of this page stands for. */
  keepAwake(wanted: boolean): void {
    if (wanted === this.#keptAwake) return;
    this.#keptAwake = wanted;
    if (wanted) this.#renewSoon();
    else this.#stopIfIdle();
  }

  /** One message for all that is asked for in one turn. */
  #renewSoon = (): void => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#silent = 0;
      if (this.#timer === undefined) this.#start();
      this.#renew();
    });
  };

  #renewIfVisible = (): void => {
    if (document?.visibilityState === 'visible') this.#renewSoon();
  };

  #start(): void {
    this.#timer = setInterval(() => this.#renew(), WATCH_INTERVAL_MS);
    addEventListener('online', this.#renewSoon);
    addEventListener('pageshow', this.#renewSoon);
    document?.addEventListener('visibilitychange', this.#renewIfVisible);
  }

  #stopIfIdle(): void {
    if (this.#watched.size > 0 || this.#keptAwake || this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    removeEventListener('online', this.#renewSoon);
    removeEventListener('pageshow', this.#renewSoon);
    document?.removeEventListener('visibilitychange', this.#renewIfVisible);
    // The last snapshot may still have to be acknowledged on these.
    const ports = this.#ports.splice(0);
    setTimeout(() => ports.forEach((port) => port.close()), DEAD_AFTER_MS);
  }

  #renew(): void {
    const worker = this.#registration.active;
    // Unregistered: nothing of it is left to hear of.
    if (!worker) return this.#lost();
    // A worker that does not know us would get these messages for ever.
    if (++this.#silent > MAX_SILENT) return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event: MessageEvent<SnapshotsMessage>) => this.#hear(port1, event.data);
    this.#ports.push(port1);
    if (this.#ports.length > 2) this.#ports.shift()!.close();
    const message: WatchMessage = {
      [MARK]: 'watch',
      protocol: PROTOCOL,
      client,
      uniqueIds: [...this.#watched],
    };
    post(worker, message, port2);
  }

  async #hear(port: MessagePort, { snapshots, gone, ack }: SnapshotsMessage): Promise<void> {
    this.#silent = 0;
    await tellInstances(snapshots);
    if (ack !== undefined) port.postMessage({ type: 'ack', ack } satisfies AckMessage);
    if (gone?.length) await tellGone(gone);
  }

  #lost(): void {
    this.#keptAwake = false;
    loseInstances([...this.#watched]);
    this.#stopIfIdle();
  }
}

/**
 * Send the request once. Resolves with the reply, or without one after
 * DEAD_AFTER_MS of silence; `heard` says whether the worker was at it.
 */
function exchange(
  worker: ServiceWorker,
  message: RequestMessage,
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
    port1.onmessage = ({ data }: MessageEvent<AliveMessage | ReplyMessage | RetiredMessage>) => {
      if (data.type !== 'alive') return finish(data);
      heard = true;
      listen();
    };
    listen();
    post(worker, message, port2);
  });
}

/** A worker that is redundant refuses messages: that is silence, too. */
function post(worker: ServiceWorker, message: RequestMessage | WatchMessage, port: MessagePort): void {
  try {
    worker.postMessage(message, [port]);
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
  }
}
