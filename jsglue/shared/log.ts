/** What the program says of what happened: wasm/bgfetch/log.go, which tells what each event means. Types only. */

export type LogEvent =
  | 'started'
  | 'fetch'
  | 'loaded'
  | 'request'
  | 'response'
  | 'attempt'
  | 'record'
  | 'refresh'
  | 'evicted'
  | 'remains'
  | 'paused'
  | 'resumed'
  | 'settled'
  | 'dispatch'
  | 'ended'
  | 'error';

export interface LogEntry {
  /** ms since 1970. */
  at: number;
  event: LogEvent;
  id?: string;
  record?: number;
  url?: string;
  range?: string;
  status?: number;
  detail?: string;
}

/** New events and new members are no other version. */
export type LogVersion = 1;

/** What happened in one run of the program since the batch before. */
export interface LogBatch {
  version: LogVersion;
  /** When that run began, ms since 1970. */
  started: number;
  entries: LogEntry[];
}
