/**
 * The wire between a page and the service worker, and the JSON of the one HTTP
 * handler behind it, whose paths are in routes.ts; that of lists is in listings.ts, that of stored
 * bodies in plan.ts. Types only, no logic. The Go side is wasm/bgfetch and wasm/httpapi;
 * types/wire-conformance.ts compares both.
 *
 * A page posts to `registration.active` one message for each request, with a
 * port of its own; that wakes a stopped worker and works from uncontrolled
 * pages. Every message of ours has the member `__bgfetch__`, and no listener of
 * the site sees it. Nothing is ever sent by `client.postMessage`.
 */

import type { Room } from './kept-info';
import type { NetworkOptions } from './network-options';
import type { Pieces } from './pieces';
import type { RetryOptions } from './retry';
import type { State } from './states';

/** Version of the wire. Where page and worker differ in it, they refuse each other. */
export const PROTOCOL = 1;

/** The member by which our messages are known, and the name of our paths. */
export const MARK = '__bgfetch__';

/** The largest length that JavaScript, and so JSON for it, can count exactly. */
export const MAX_LENGTH = 9_007_199_254_740_991;

// ---- page -> worker, by registration.active.postMessage(message, [port]) ----

export type Method = 'GET' | 'POST' | 'DELETE';

/** Request bodies, each by its handle: a text from crypto.randomUUID(), so that no two are alike. */
export type RequestBodies<B = Blob> = Map<string, B>;

export interface RequestMessage {
  [MARK]: 'request';
  protocol: number;
  /** Of the package. */
  version: string;
  method: Method;
  /** Relative to `<scope>/__bgfetch__/`, with its query. */
  path: string;
  /** JSON text. */
  body?: string;
  /**
   * Request bodies, by `StoredRequest.body.handle`. Of one of more than PART_BYTES the
   * size alone: its parts are asked for. A request that is sent again has the same handles.
   */
  bodies?: RequestBodies<Blob | { size: number }>;
}

/**
 * Keep the worker alive and hear of changes. A page that holds background
 * fetches which are not settled sends this at once for a new one, and every
 * WATCH_INTERVAL_MS for all, each time with a new port, on which all that follows comes.
 */
export interface WatchMessage {
  [MARK]: 'watch';
  protocol: number;
  /** The same for all messages of one realm. */
  client: string;
  /**
   * Unique ids of the background fetches that the page wants to hear of. One
   * that is just being made may not exist yet; none at all keeps the worker at
   * what is unfinished.
   */
  uniqueIds: string[];
  /** Names of the groups that it wants to hear of. */
  groups?: string[];
  /** The page is online again, or has become visible: what waits for a server is tried now. */
  awake?: boolean;
}

export const WATCH_INTERVAL_MS = 5000;

/**
 * So many of the last ports of a realm stay open, at both ends: many background fetches that begin
 * at once make as many messages, and news and acks are still on their way on older ports.
 */
export const WATCH_PORTS = 50;

// ---- worker -> page, on the port of the request ----

/**
 * Sent at once and then every ALIVE_INTERVAL_MS until the reply; on the port of a
 * watch once. By it the page knows the worker's version.
 */
export interface AliveMessage {
  type: 'alive';
  /** Of the package. */
  version: string;
}
export const ALIVE_INTERVAL_MS = 1000;
/** No word for so long: the worker was stopped. Send the request again. */
export const DEAD_AFTER_MS = 5000;

/**
 * Asks for the part of a large request body that begins there, before the reply. It
 * comes back as it is, a Blob, on the same port: browsers copy what is in memory of a
 * Blob that is sent.
 */
export interface PartMessage {
  type: 'part';
  handle: string;
  offset: number;
}
/** Of each part of a request body but the last. */
export const PART_BYTES = 16 * 2 ** 20;

/** Instead of a reply: a newer worker has taken over. Ask the one that is active then. */
export interface RetiredMessage {
  type: 'retired';
}

export interface ReplyMessage {
  type: 'reply';
  status: number;
  /** JSON text. */
  body: string;
}

// ---- worker -> page, on the port of the watch ----

export interface SnapshotsMessage {
  type: 'snapshots';
  snapshots: Snapshot[];
  groups?: GroupSnapshot[];
  /** Unique ids of the watch that the engine does not know (any more). */
  gone?: string[];
  /** When present, the page answers {type: 'ack', ack} once its objects show it. */
  ack?: number;
}
export interface AckMessage {
  type: 'ack';
  ack: number;
}

// ---- JSON of the handler ----

export type Result = '' | 'success' | 'failure';
export type FailureReason = '' | 'aborted' | 'bad-status' | 'fetch-error' | 'quota-exceeded' | 'download-total-exceeded';

export interface Snapshot extends NetworkOptions {
  /** Of two snapshots by the same engine, the one with the greater revision is newer. */
  engine: number;
  revision: number;
  uniqueId: string;
  id: string;
  uploadTotal: number;
  uploaded: number;
  downloadTotal: number;
  downloaded: number;
  result: Result;
  failureReason: FailureReason;
  recordsAvailable: boolean;

  // Additions to the standard, see additions.ts.
  group?: string;
  /** The records stay, for now, and no more snapshots need to be waited for. */
  kept?: boolean;
  paused: boolean;
  state: State;
  /** ms since 1970, while state is waiting-host, waiting-retry or waiting-refresh. */
  retryAt?: number;
}

/** The longest name of a group, in characters. */
export const MAX_GROUP = 500;

/** The background fetches that have a group, and how far they are: wasm/bgfetch/group.go. */
export interface GroupSnapshot {
  engine: number;
  revision: number;
  group: string;
  ids: string[];
  /** Bytes, without those that have failed. */
  downloadTotal: number;
  downloaded: number;
  uploadTotal: number;
  uploaded: number;
  state: State;
  /** How many there are of each; of a state that none has, nothing. */
  states: Partial<Record<State, number>>;
  results: { success: number; failure: number };
}

export interface GroupList {
  groups: GroupSnapshot[];
}

export interface FetchList {
  /** Active background fetches, oldest first. */
  fetches: Snapshot[];
}

export interface StoredRequest {
  url: string;
  method: string;
  headers?: [string, string][];
  mode?: string;
  credentials?: string;
  cache?: string;
  redirect?: string;
  referrer?: string;
  referrerPolicy?: string;
  integrity?: string;
  /** An addition to the standard. Not there in what is told of a record. */
  pieces?: Pieces;
  /** With its handle among RequestBodies until it is stored, then with its key in the cache. */
  body?: { size: number; handle?: string; key?: string };
}

export interface StoredImage {
  src: string;
  sizes?: string;
  type?: string;
  label?: string;
}

export interface FetchInit extends NetworkOptions {
  /** Made by the caller, crypto.randomUUID(). */
  uniqueId: string;
  id: string;
  requests: StoredRequest[];
  title: string;
  icons: StoredImage[];
  downloadTotal: number;

  // Additions to the standard.
  group?: string;
  keep?: boolean;
  /** For how long what is kept stays. */
  retention?: Retention;
  room?: Room;
  paused: boolean;
  retry: RetryOptions;
}

export interface AbortReply {
  aborted: boolean;
}

export interface MatchInit {
  /** Absent: all records (matchAll without a request). */
  request?: { url: string; method: string; headers?: [string, string][] };
  options?: { ignoreSearch?: boolean; ignoreMethod?: boolean; ignoreVary?: boolean };
  /** match() wants the first only. */
  first?: boolean;
}

export interface MatchReply {
  /** Cache of the background fetch, where request bodies lie under body.key. */
  cache: string;
  records: RecordSnapshot[];
}

export interface Head {
  url: string;
  type: ResponseType;
  redirected?: boolean;
  status: number;
  statusText?: string;
  headers?: [string, string][];
}

export interface RecordSnapshot {
  index: number;
  request: StoredRequest;
  /** Null until it is known, and where it may not be exposed. */
  head: Head | null;
  /** "" while it is being fetched. */
  result: '' | 'success' | FailureReason;
  /** Whether the response may be read, now or later. */
  exposed: boolean;
  generation: number;
  /** Of the body, in bytes; -1 while it is not certain. */
  length: number;
}

/** wasm/bgfetch/retention.go. */
export interface Retention {
  group?: string;
  /** ms since 1970. */
  expires?: number;
  pinned?: boolean;
}

/** wasm/bgfetch/history.go. */
export interface KeptRecord extends RecordSnapshot, Retention {
  uniqueId: string;
  id: string;
  title: string;
  /** URL. */
  icon?: string;
  /** Content-Type, or "". */
  type: string;
  /** ms since 1970. */
  kept: number;
}

/** What a failed background fetch left for another try: wasm/bgfetch/remains.go. */
export interface Remains {
  /** Unique id and id of the background fetch that failed. */
  of: string;
  id: string;
  url: string;
  /** Bytes that are stored. */
  size: number;
  /** Bytes of the whole body, -1 where that is not known. */
  length: number;
  /** When it failed, and when they are deleted, ms since 1970. */
  left: number;
  expires: number;
}

export interface RemainsList {
  /** The last left first. */
  remains: Remains[];
}

export interface KeptList {
  /** The last kept first. */
  records: KeptRecord[];
}

/** Bytes, of all and of each group; what is in none is under "". */
export interface KeptUsage {
  bytes: number;
  groups: Record<string, number>;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** The exceptions that a problem can name. */
export const ERROR_NAMES = ['TypeError', 'NotAllowedError', 'QuotaExceededError', 'InvalidStateError'] as const;

/** RFC 9457 problem details; `error` names the exception to throw. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  error: (typeof ERROR_NAMES)[number];
}
