/**
 * The way from the classes (manager, registration, record) to the program.
 * In a page it is a MessagePort for each request (page/transport.ts); in the
 * service worker requests go straight to the program of the same realm.
 *
 * The other direction is `tellInstances` in instances.ts: whoever hears of
 * snapshots calls it, and awaits it before acknowledging them.
 */

import type { Method, RequestBodies } from './protocol';

export interface Reply {
  /** HTTP status of the handler. */
  status: number;
  /** Its body, parsed: a type of protocol.ts, or a Problem where status >= 400. */
  body: unknown;
}

/** The BackgroundFetchGroup objects of a registration in this realm, by name as it travels on the wire. */
export type Groups = Map<string, EventTarget>;

export interface Transport {
  /**
   * Answered by the one HTTP handler (protocol.ts has the paths). `path` is
   * relative to `<scope>/__bgfetch__/`, with its query; `body` is sent as JSON;
   * `bodies` are the request bodies, by `StoredRequest.body.handle`.
   *
   * Resolves for every status. Rejects with a TypeError when nobody answers. When
   * `signal` aborts, the answer is of no use any more: it may come early, and be any.
   */
  request(method: Method, path: string, body?: unknown, bodies?: RequestBodies, signal?: AbortSignal): Promise<Reply>;

  /**
   * From now on snapshots of this background fetch are wanted. It may not exist
   * yet: `fetch()` asks before it sends POST fetches, so that a background fetch
   * which is over within milliseconds is still heard of.
   */
  watch(uniqueId: string): void;

  /** The opposite. Also called for ids that are not watched. */
  unwatch(uniqueId: string): void;

  /** The objects that stand for groups. */
  readonly groups: Groups;

  /** One of that name was added: it is to be told what there is, and what comes. */
  watchGroup(name: string): void;

  /** Whether the registration has an active worker. */
  hasActiveWorker(): boolean;

  /**
   * Rejects with a TypeError when the realm's content security policy forbids to
   * connect to one of the URLs. Absent where there is no document to ask.
   */
  checkPolicy?(urls: string[]): Promise<void>;
}
