/**
 * A watch: messages to the active worker over and over, which renew its life and
 * carry the port for snapshots. It goes on until it is stopped.
 */

import {
  DEAD_AFTER_MS,
  MARK,
  PROTOCOL,
  WATCH_INTERVAL_MS,
  WATCH_PORTS,
  type AckMessage,
  type AliveMessage,
  type SnapshotsMessage,
  type WatchMessage,
} from '../shared/protocol';
import { MAX_SILENT, post } from './exchange';
import { meet } from './meet';

/** Workers have none, and are never hidden. */
const document = globalThis.document as Document | undefined;

export interface Watcher {
  /** By the names of the groups that are told of each time. */
  groups: ReadonlyMap<string, unknown>;
  /** What the worker is asked about each time. */
  uniqueIds(): string[];
  /** Snapshots came. They are acknowledged when this has resolved. */
  hear(message: SnapshotsMessage): Promise<void>;
  /** The registration has no worker any more. */
  lost(): void;
}

export class Watch {
  #client = crypto.randomUUID();
  #registration: ServiceWorkerRegistration;
  #watcher: Watcher;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What is asked about in this turn; null before something is. */
  #asking: string[] | null = null;
  /** Messages since the worker last said a word on one. */
  #silent = 0;
  /** One of the moments has come, and the worker is to know it. */
  #awake = false;
  /** The ports of the last messages. */
  #ports: MessagePort[] = [];

  constructor(registration: ServiceWorkerRegistration, watcher: Watcher) {
    this.#registration = registration;
    this.#watcher = watcher;
  }

  /** Begin, or renew it now, and ask about these: one message for each turn. */
  renewSoon(uniqueIds: string[]): void {
    if (this.#asking) return void this.#asking.push(...uniqueIds);
    this.#asking = uniqueIds;
    queueMicrotask(() => {
      this.#asking = null;
      this.#silent = 0;
      if (this.#timer === undefined) this.#start();
      this.#renew(uniqueIds);
    });
  }

  #renewAll = ({ type }: Event): void => {
    if (type === 'visibilitychange' && document!.hidden) return;
    this.#awake = true;
    this.renewSoon(this.#watcher.uniqueIds());
  };

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#moments('removeEventListener');
    // The last snapshot may still have to be acknowledged on these.
    const ports = this.#ports.splice(0);
    setTimeout(() => ports.forEach((port) => port.close()), DEAD_AFTER_MS);
  }

  #start(): void {
    this.#timer = setInterval(() => this.#renew(this.#watcher.uniqueIds()), WATCH_INTERVAL_MS);
    this.#moments('addEventListener');
  }

  /** Begins or ends to renew when the network, the page or the worker may have changed. */
  #moments(change: 'addEventListener' | 'removeEventListener'): void {
    globalThis[change]('online', this.#renewAll);
    globalThis[change]('pageshow', this.#renewAll);
    document?.[change]('visibilitychange', this.#renewAll);
    navigator.serviceWorker?.[change]('controllerchange', this.#renewAll);
  }

  #renew(uniqueIds: string[]): void {
    const worker = this.#registration.active;
    // Unregistered: nothing of it is left to hear of.
    if (!worker) return this.#watcher.lost();
    // A worker that does not know us would get these messages for ever.
    if (++this.#silent > MAX_SILENT) return;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<AliveMessage | SnapshotsMessage>) => {
      this.#silent = 0;
      if (data.type === 'alive') meet(worker, data.version);
      else void this.#hear(port1, data);
    };
    this.#ports.push(port1);
    if (this.#ports.length > WATCH_PORTS) this.#ports.shift()!.close();
    const message: WatchMessage = {
      [MARK]: 'watch',
      protocol: PROTOCOL,
      client: this.#client,
      uniqueIds,
      groups: [...this.#watcher.groups.keys()],
      awake: this.#awake,
    };
    this.#awake = false;
    post(worker, message, port2);
  }

  async #hear(port: MessagePort, message: SnapshotsMessage): Promise<void> {
    const { ack } = message;
    await this.#watcher.hear(message);
    if (ack !== undefined) port.postMessage({ type: 'ack', ack } satisfies AckMessage);
  }
}
