/**
 * What the Go program asks of the service worker: the other end of
 * wasm/browser/bridge.go. Types only; the methods are implemented beside.
 *
 * The program finds `globalThis.bgfetchHost` (a Host). It calls
 * `connect(deliver, receive)` once, then `call(n, method, argsJSON)` any number of times.
 * Each call is answered by exactly one `deliver(n, result, error)`, never
 * synchronously within the call. `cancel(n)` aborts a call that still runs; it is
 * answered with the error "stopped". Only JSON text, lines (hostcalls.ts) and
 * numbers cross, and the bytes that are to be hashed.
 */

/** Bytes of call n, before its answer; methods with `Bytes` in their comment give some. */
export type Receive = (n: number, bytes: Uint8Array) => void;

export type Deliver = (n: number, result: string, error?: HostError) => void;

/** Errors the core tells apart; `result` is then a message for people. */
export type HostError = 'network' | 'quota' | 'lost' | 'stopped' | 'internal';

export interface Host {
  /** JSON of HostConfig. */
  config: string;
  connect(deliver: Deliver, receive: Receive): void;
  call(n: number, method: keyof HostMethods, args: string): void;
  cancel(n: number): void;
}

export interface HostConfig {
  /** URL of the registration's scope. */
  scope: string;
  /** Name of the IndexedDB database. */
  database: string;
  /** Prefix of the names of the caches with bodies; the unique id follows. */
  cachePrefix: string;
  /** Prefix of the names of the empty caches that say which of these are kept. */
  keptPrefix: string;
  /** The site's policy. */
  permission: PermissionState;
  /** What holds for retries where fetch() says nothing. */
  retry: RetryOptions;
  /** Whether a large record may be moved by several requests at a time. */
  ranges: boolean;
  /** Whether the program calls `log`. */
  debug: boolean;
  /** Whether the program calls `logBatch`. */
  onlog: boolean;
  /** Which connections are used where fetch() says nothing. */
  network: Connections;
  /** Bytes per second, of all together; 0: no limit. */
  maxBandwidth: number;
  /** What stays of records that fail; null: nothing. */
  remains: RemainsOptions | null;
  /** What bounds all that is kept. */
  keepMax: KeepMax;
  /** The language of what the user is shown; without one it is the browser's. */
  lang?: string;
  /** What the site says in place of our texts: the program checks it. */
  texts: unknown;
  /** Which bodies that end too early the browser reports as errors. */
  framing: { contentLength: boolean; keptAlive: boolean; chunked: boolean };
}

/** Shown in wasm/bgfetch/display.go: what the user is to see of a background fetch, or of a group. */
export interface Shown {
  /** Of the notification. */
  tag: string;
  /** The actions are for this group. */
  group?: string;
  title: string;
  body: string;
  /** The language of it all. */
  lang?: string;
  /** URL. */
  icon?: string;
  /** The most important first. */
  actions: { action: 'abort' | 'pause' | 'resume'; title: string }[];
  /** A click anywhere says that the user agrees to it. */
  prompting?: boolean;
  /** For the listeners of a click. */
  snapshot: Snapshot;
}

import type { LogBatch, LogEntry } from '../shared/log';
import type { GroupSnapshot, Head, KeptRecord, Snapshot, StoredRequest } from '../shared/protocol';
import type { Connections } from '../shared/network-options';
import type { RemainsOptions } from '../shared/remains';
import type { KeepMax } from './keep-max';
import type { RetryOptions } from '../shared/retry';
import type { Spoken } from '../shared/texts';
import type { EventType } from './events';

export interface SaveLimits {
  minLength: number;
  maxLength: number;
  minTimeMs: number;
  maxTimeMs: number;
  /** See SaveLimits.Digest in wasm/bgfetch/network.go. */
  digest?: string;
}

/** Bytes of an entry of the cache. */
export interface StoredRange {
  key: string;
  offset: number;
  length: number;
}

/** Method name -> [arguments, result]. */
export interface HostMethods {
  /**
   * Send the request. With rangeStart, rangeEnd (the byte after the last) or
   * ranged it has a Range header, `bytes=<rangeStart>-[<rangeEnd - 1>]`. priority is a
   * hint for browsers that know it. With pastCache the HTTP cache is not asked. With
   * atOnce a small body that comes with the head is saved: length is its length then, and the
   * transfer is freed.
   */
  open: [
    {
      cache: string;
      request: StoredRequest;
      rangeStart: number;
      rangeEnd?: number;
      ranged?: boolean;
      priority?: 'low';
      pastCache?: boolean;
      atOnce?: { key: string; limits: SaveLimits };
    },
    { transfer: number; head: Head; length?: number; whole?: boolean },
  ];
  /**
   * See Transfer.Save in wasm/bgfetch/network.go. With put it is still being stored, and
   * that is the number to ask stored() for. With end the transfer is freed. Bytes: those
   * of the segment, if asked for.
   */
  save: [
    { transfer: number; key: string; limits: SaveLimits; bytes?: boolean },
    { length: number; end: boolean; whole?: boolean; put?: number; sum?: string },
  ];
  /**
   * Compare the next bytes of the body with stored ones: ranges of entries of the cache.
   * 'lost' when such an entry is not there.
   */
  compare: [{ transfer: number; stored: StoredRange[]; limits: SaveLimits }, { length: number; equal: boolean; end: boolean }];
  /**
   * How a body was sent that has ended: its length before a content coding was undone
   * (-1: not known), whether it had none, or one (neither: not known), and the protocol.
   */
  sent: [
    { transfer: number },
    { encodedLength: number; plain?: boolean; encoded?: boolean; duration?: number; protocol?: string },
  ];
  /** Answered when that segment is stored, with its hash in base64 if there is one. To be asked once for each. */
  stored: [{ put: number }, string | null];
  stop: [{ transfer: number }, null];
  close: [{ transfer: number }, null];
  waitOnline: [null, null];
  metered: [null, boolean];
  waitMetered: [{ metered: boolean }, null];
  /** Answered with the number of changes (network.ts) when there have been others than those seen. */
  waitChange: [{ seen: number }, number];
  reachable: [{ url: string }, boolean];

  createCache: [{ cache: string }, null];
  saveRequestBody: [{ cache: string; key: string; handle: string }, { size: number }];
  /** The keys (path of the URL) of all entries. An absent cache has none, and is not made. */
  keys: [{ cache: string; all?: boolean }, string[]];
  /** Bytes: those of the entry. 'lost' when it is not there. */
  read: [{ cache: string; key: string }, null];
  /**
   * The hash, in base64, of ranges of entries, one after the other, by an algorithm of Subresource
   * Integrity, such as "sha256". 'lost' when such an entry is not there, or too short.
   */
  digest: [{ cache: string; stored: StoredRange[]; algorithm: string }, string];
  deleteKeys: [{ cache: string; keys: string[] }, null];
  deleteCache: [{ cache: string }, null];
  /** Bytes that this origin may still store, and in all; null where the browser does not tell. */
  room: [null, { free: number; quota: number } | null];
  /** Names of all caches of this origin with that prefix. */
  cacheNames: [{ prefix: string }, string[]];

  /** With wait: after all pages acknowledged, or 1 s. */
  update: [{ snapshots: Snapshot[]; groups: GroupSnapshot[]; wait: boolean }, null];
  /** Fire the closing event; answered when it is no longer active. */
  dispatch: [{ type: Exclude<EventType, 'backgroundfetchclick'>; snapshot: Snapshot }, null];
  /**
   * Ask the listeners for another request in place of one that was answered with that head: what
   * they gave, or why they could not give one; neither where none of them has one to give.
   */
  refresh: [{ snapshot: Snapshot; request: StoredRequest; head: Head }, { request?: StoredRequest; refused?: string }];
  /**
   * Fire backgroundfetchevict for what is about to be deleted; answered when it is no longer
   * active, with the indices of those that are being read then.
   */
  evict: [{ records: KeptRecord[] }, number[]];
  /** Show it, in place of what is shown with the same tag, if the site may. */
  show: [Shown, null];
  closeShown: [{ tag: string }, null];
  /** The texts of a language, by name. */
  texts: [{ file: string }, Spoken['texts']];
  /** How many background fetches are not yet done with (0: the worker may rest). */
  active: [{ count: number }, null];
  /** Something happened: for the console. */
  log: [LogEntry, null];
  /** What has happened since the last such call: for the site. */
  logBatch: [LogBatch, null];
}
