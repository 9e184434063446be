/**
 * JSON of the handler that lists and the log are drawn from. Types only. The Go side is
 * wasm/bgfetch/history.go and log.go; types/wire-conformance.ts compares both.
 */

import type { LogEntry, LogVersion } from './log';
import type { GroupSnapshot, Snapshot } from './protocol';

/** What a list shows of a background fetch: wasm/bgfetch/history.go. */
export interface Listing extends Snapshot {
  title: string;
  /** URL. */
  icon?: string;
  /** ms since 1970. */
  created: number;
  /** URL of the first request, and how many there are. */
  url: string;
  records: number;
  /** Bytes of all bodies, 0 while that is not known. */
  total: number;
  pausable?: boolean;
  /** The bodies can be had as a file, or an archive. */
  savable?: boolean;
  /** Why it failed, for people. */
  detail?: string;
}

/** One of the history, which names it by its number. */
export interface Ended extends Listing {
  number: number;
  /** ms since 1970. */
  ended: number;
  retryable?: boolean;
  /** Bytes that stay for another try. */
  remains?: number;
  /** How many of its records were kept and are no more; `downloaded` does not count them. */
  gone?: number;
}

export interface Listings {
  /** Those that are not done with, oldest first. */
  fetches: Listing[];
  /** Theirs. */
  groups: GroupSnapshot[];
  /** Revision of the history: another number after each change. */
  history: number;
}

export interface History {
  /** The last one first. */
  fetches: Ended[];
  revision: number;
}

export interface Log {
  version: LogVersion;
  /** One for each start of the program, the oldest first; `dropped` counts older entries that are gone. */
  runs: { number: number; started: number; dropped?: number; entries: LogEntry[] }[];
  fetches: Listing[];
  /** Bytes of response bodies in storage of what is not done with. */
  stored: number;
}

/** What `<background-fetch-log>` exports, as JSON. */
export interface ExportedLog extends Log {
  /** ms since 1970. */
  exported: number;
  scope: string;
  userAgent: string;
  /** navigator.storage.estimate(), bytes. */
  storage?: StorageEstimate;
}
