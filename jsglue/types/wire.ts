/**
 * What crosses between Go and TypeScript, as the Go code has it. Made by `./build.sh wire` (test/wire);
 * `./build.sh check` fails when it is old. wire-conformance.ts compares it with the types of jsglue.
 */

export interface Routes {
  '* ids/{id}': unknown;
  '* ids/{id}/{rest...}': unknown;
  'DELETE history': { reply: Record<string, never> };
  'DELETE history/{number}': { reply: Record<string, never> };
  'DELETE kept/{uniqueId}': { reply: { deleted: number } };
  'DELETE kept{?group,ignoreSearch,url}': { reply: { deleted: number } };
  'DELETE remains': { reply: { deleted: number } };
  'DELETE remains/{uniqueId}': { reply: { deleted: number } };
  'GET ': unknown;
  'GET body{?download,ignoreSearch,url}': { reply: { parts: { bytes?: string; first?: Plan; from: number; plan?: string; sums?: { at: number; of: number }[]; to: number }[] } };
  'GET fetches/{uniqueId}': { reply: Snapshot };
  'GET fetches/{uniqueId}/records/{index}/body{?download}': { reply: { parts: { bytes?: string; first?: Plan; from: number; plan?: string; sums?: { at: number; of: number }[]; to: number }[] } };
  'GET fetches/{uniqueId}/records/{index}/plan{?from,generation,seek,stay,wait}': { reply: Plan };
  'GET fetches/{uniqueId}/records/{index}{?wait}': { reply: RecordSnapshot };
  'GET fetches/{uniqueId}/zip{?record}': { reply: { parts: { bytes?: string; first?: Plan; from: number; plan?: string; sums?: { at: number; of: number }[]; to: number }[] } };
  'GET fetches{?id}': { reply: { fetches: Snapshot[] } | Snapshot };
  'GET groups{?group}': { reply: GroupSnapshot | { groups: GroupSnapshot[] } };
  'GET history': { reply: { fetches: Ended[]; revision: number } };
  'GET kept{?group,ignoreSearch,url}': { reply: { records: KeptRecord[] } };
  'GET language.js': unknown;
  'GET list': { reply: { fetches: Listing[]; groups: GroupSnapshot[]; history: number } };
  'GET list.js': unknown;
  'GET log': { reply: Log };
  'GET page.css': unknown;
  'GET program': { reply: { goroutines: number; memory: number } };
  'GET remains': { reply: { remains: RemainsListing[] } };
  'GET texts{?lang}': { reply: Spoken };
  'GET usage': { reply: KeptUsage };
  'POST fetches': { request: { downloadTotal: number; group?: string; icons: Image[]; id: string; keep: boolean; maxBandwidth?: number; network?: Connections; paused: boolean; priority?: Priority; requests: Request[]; retention?: Retention; retry: RetryInit; room?: Room; title: string; uniqueId: string }; reply: Snapshot };
  'POST fetches/{uniqueId}/abort{?call}': { reply: { aborted: boolean } };
  'POST fetches/{uniqueId}/match': { request: { first: boolean; options: MatchOptions; request: MatchRequest | null }; reply: { cache: string; records: RecordSnapshot[] } };
  'POST fetches/{uniqueId}/options': { request: NetworkOptionsInit; reply: { changed: boolean } };
  'POST fetches/{uniqueId}/pause': { reply: { paused: boolean } };
  'POST fetches/{uniqueId}/records/{index}/request': { request: Request; reply: { changed: boolean } };
  'POST fetches/{uniqueId}/resume': { reply: { paused: boolean } };
  'POST fetches/{uniqueId}/ui': { request: UI; reply: Record<string, never> };
  'POST groups/abort{?call,group}': { reply: { aborted: boolean } };
  'POST groups/options{?group}': { request: NetworkOptionsInit; reply: { changed: boolean } };
  'POST groups/pause{?group}': { reply: { paused: boolean } };
  'POST groups/resume{?group}': { reply: { paused: boolean } };
  'POST history/{number}/retry': { request: { uniqueId: string }; reply: Snapshot };
  'POST ids': { request: { id: string }; reply: Snapshot };
}

export interface HostMethods {
  active: [{ count: number }, null];
  cacheNames: [{ prefix: string }, string[]];
  close: [{ transfer: number }, null];
  closeShown: [{ tag: string }, null];
  compare: [{ limits: { digest?: string; maxLength: number; maxTimeMs: number; minLength: number; minTimeMs: number }; stored: { key: string; length: number; offset: number }[]; transfer: number }, Compared];
  createCache: [{ cache: string }, null];
  deleteCache: [{ cache: string }, null];
  deleteKeys: [{ cache: string; keys: string[] }, null];
  digest: [{ algorithm: string; cache: string; stored: { key: string; length: number; offset: number }[] }, string];
  dispatch: [{ snapshot: Snapshot; type: EventType }, null];
  evict: [{ records: KeptRecord[] }, number[]];
  keys: [{ all?: boolean; cache: string }, string[]];
  log: [LogEntry, null];
  logBatch: [LogBatch, null];
  metered: [null, boolean];
  open: [{ atOnce?: { key: string; limits: { digest?: string; maxLength: number; maxTimeMs: number; minLength: number; minTimeMs: number } }; cache: string; pastCache?: boolean; priority?: FetchPriority; rangeEnd?: number; rangeStart: number; ranged?: boolean; request: Request }, { head: Head; length?: number; transfer: number; whole?: boolean }];
  reachable: [{ url: string }, boolean];
  read: [{ cache: string; key: string }, null];
  refresh: [{ head: Head; request: Request; snapshot: Snapshot }, { refused?: string; request?: Request }];
  room: [null, { free: number; quota: number } | null];
  save: [{ bytes?: boolean; key: string; limits: { digest?: string; maxLength: number; maxTimeMs: number; minLength: number; minTimeMs: number }; transfer: number }, { end: boolean; length: number; put: number; sum?: string; whole?: boolean }];
  saveRequestBody: [{ cache: string; handle: string; key: string }, { size: number }];
  sent: [{ transfer: number }, Sent];
  show: [Shown, null];
  stop: [{ transfer: number }, null];
  stored: [{ put: number }, string];
  texts: [{ file: string }, Record<string, string | Record<string, string>>];
  update: [{ groups: GroupSnapshot[]; snapshots: Snapshot[]; wait: boolean }, null];
  waitChange: [{ seen: number }, number];
  waitMetered: [{ metered: boolean }, null];
  waitOnline: [null, null];
}

export interface HostConfig {
  cachePrefix: string;
  database: string;
  debug: boolean;
  framing: Framing;
  keepMax: KeepMax;
  keptPrefix: string;
  lang?: string;
  maxBandwidth: number;
  network: Connections;
  onlog: boolean;
  permission: Permission;
  ranges: boolean;
  remains: RemainsInit | null;
  retry: RetryInit;
  scope: string;
  texts: unknown;
}

export type HostError = ErrorCode;

export const STORED_BODY = 'Bgfetch-Stored-Body';
export const KEY_PREFIX = '/__bgfetch__/';
export const PROBLEM_TYPE = 'application/problem+json';
export const DATABASE_VERSION = 3;
export const MAX_LENGTH = 9007199254740991;
export const MAX_GROUP = 500;
export const RETRY_BOUNDS = {
  headTimeout: [1, 2147483647],
  stallTimeout: [1, 2147483647],
  backOff: [1, 2147483647],
  maxBackOff: [1, 2147483647],
  giveUpAfter: [0, 2147483647],
  maxUnreachable: [0, 2147483647],
  maxFailures: [0, 2147483647],
  maxStatusRetries: [0, 2147483647],
  maxRetryAfter: [0, 2147483647],
  maxRestarts: [0, 2147483647],
} as const;
export const MAX_BANDWIDTH_BOUNDS = [0, 9007199254740991] as const;

export interface Action {
  action: ActionName;
  title: string;
}

export type ActionName = 'abort' | 'pause' | 'resume';

export type Activity = 'paused' | 'queued' | 'running' | 'settled' | 'waiting-host' | 'waiting-online' | 'waiting-refresh' | 'waiting-retry' | 'waiting-unmetered';

export interface Compared {
  end: boolean;
  equal: boolean;
  length: number;
}

export type Connections = 'any' | 'unmetered';

export interface Ended {
  abortedBy?: string;
  again?: FetchInit;
  created: number;
  detail?: string;
  downloadTotal: number;
  downloaded: number;
  ended: number;
  engine: number;
  failureReason: FailureReason;
  gone?: number;
  group?: string;
  icon?: string;
  id: string;
  kept?: boolean;
  maxBandwidth?: number;
  network?: Connections;
  number: number;
  pausable?: boolean;
  paused: boolean;
  priority?: Priority;
  records: number;
  recordsAvailable: boolean;
  remains?: number;
  result: Result;
  retryAt?: number;
  retryable?: boolean;
  revision: number;
  savable?: boolean;
  state: Activity;
  title: string;
  total: number;
  uniqueId: string;
  uploadTotal: number;
  uploaded: number;
  url: string;
}

export type ErrorCode = '' | 'internal' | 'lost' | 'network' | 'quota' | 'stopped';

export type ErrorName = 'InvalidStateError' | 'NotAllowedError' | 'QuotaExceededError' | 'TypeError';

export type EventType = 'backgroundfetchabort' | 'backgroundfetchfail' | 'backgroundfetchsuccess';

export type FailureReason = '' | 'aborted' | 'bad-status' | 'download-total-exceeded' | 'fetch-error' | 'quota-exceeded';

export interface FetchInit {
  downloadTotal: number;
  group?: string;
  icons: Image[];
  id: string;
  keep: boolean;
  maxBandwidth?: number;
  network?: Connections;
  paused: boolean;
  priority?: Priority;
  requests: Request[];
  retention?: Retention;
  retry: RetryInit;
  room?: Room;
  title: string;
  uniqueId: string;
}

export type FetchPriority = 'low';

export interface Framing {
  chunked: boolean;
  contentLength: boolean;
  keptAlive: boolean;
}

export interface GroupSnapshot {
  downloadTotal: number;
  downloaded: number;
  engine: number;
  group: string;
  ids: string[];
  results: Results;
  revision: number;
  state: Activity;
  states: Partial<Record<Activity, number>>;
  uploadTotal: number;
  uploaded: number;
}

export interface Head {
  headers?: [string, string][];
  redirected?: boolean;
  status: number;
  statusText?: string;
  type: ResponseType;
  url: string;
}

export interface Image {
  label?: string;
  sizes?: string;
  src: string;
  type?: string;
}

export interface KeepMax {
  bytes?: number;
  share?: number;
}

export interface KeptRecord {
  expires?: number;
  exposed: boolean;
  generation: number;
  group?: string;
  head: Head | null;
  icon?: string;
  id: string;
  index: number;
  kept: number;
  length: number;
  pinned?: boolean;
  request: Request;
  result: ResponseResult;
  title: string;
  type: string;
  uniqueId: string;
}

export interface KeptUsage {
  bytes: number;
  groups: Record<string, number>;
}

export interface Listing {
  created: number;
  detail?: string;
  downloadTotal: number;
  downloaded: number;
  engine: number;
  failureReason: FailureReason;
  group?: string;
  icon?: string;
  id: string;
  kept?: boolean;
  maxBandwidth?: number;
  network?: Connections;
  pausable?: boolean;
  paused: boolean;
  priority?: Priority;
  records: number;
  recordsAvailable: boolean;
  result: Result;
  retryAt?: number;
  revision: number;
  savable?: boolean;
  state: Activity;
  title: string;
  total: number;
  uniqueId: string;
  uploadTotal: number;
  uploaded: number;
  url: string;
}

export interface Log {
  fetches: Listing[];
  runs: LogRun[];
  stored: number;
  version: LogVersion;
}

export interface LogBatch {
  entries: LogEntry[];
  started: number;
  version: LogVersion;
}

export interface LogEntry {
  at: number;
  detail?: string;
  event: LogEvent;
  id?: string;
  range?: string;
  record?: number;
  status?: number;
  url?: string;
}

export type LogEvent = 'attempt' | 'dispatch' | 'ended' | 'error' | 'evicted' | 'fetch' | 'loaded' | 'paused' | 'record' | 'refresh' | 'remains' | 'request' | 'response' | 'resumed' | 'settled' | 'started';

export interface LogRun {
  dropped?: number;
  entries: LogEntry[];
  number: number;
  started: number;
}

export type LogVersion = 1;

export interface MatchOptions {
  ignoreMethod?: boolean;
  ignoreSearch?: boolean;
  ignoreVary?: boolean;
}

export interface MatchRequest {
  headers?: [string, string][];
  method: string;
  url: string;
}

export interface NetworkOptionsInit {
  maxBandwidth: number | null;
  network: Connections | null;
  priority: Priority | null;
}

export type Permission = 'denied' | 'granted' | 'prompt';

export interface Pieces {
  hashes: string[];
  length: number;
}

export interface Plan {
  cache: string;
  end: boolean;
  failed?: FailureReason;
  segments: PlanSegment[];
}

export interface PlanSegment {
  key: string;
  length: number;
  offset: number;
  whole?: boolean;
}

export type Priority = 'high' | 'low' | 'normal';

export interface Problem {
  detail: string;
  error: ErrorName;
  status: number;
  title: string;
  type: string;
}

export interface RecordSnapshot {
  exposed: boolean;
  generation: number;
  head: Head | null;
  index: number;
  length: number;
  request: Request;
  result: ResponseResult;
}

export interface RemainsInit {
  days?: number;
  maxBytes?: number;
}

export interface RemainsListing {
  expires: number;
  id: string;
  left: number;
  length: number;
  of: string;
  size: number;
  url: string;
}

export interface Request {
  body?: RequestBody;
  cache?: string;
  credentials?: string;
  headers?: [string, string][];
  integrity?: string;
  method: string;
  mode?: string;
  pieces?: Pieces;
  redirect?: string;
  referrer?: string;
  referrerPolicy?: string;
  url: string;
}

export interface RequestBody {
  handle?: string;
  key?: string;
  size: number;
}

export type ResponseResult = '' | 'success' | FailureReason;

export type ResponseType = 'basic' | 'cors' | 'default' | 'error' | 'opaque' | 'opaqueredirect';

export type Result = '' | 'failure' | 'success';

export interface Results {
  failure: number;
  success: number;
}

export interface Retention {
  expires?: number;
  group?: string;
  pinned?: boolean;
}

export interface RetryInit {
  backOff?: number;
  giveUpAfter?: number;
  headTimeout?: number;
  maxBackOff?: number;
  maxFailures?: number;
  maxRestarts?: number;
  maxRetryAfter?: number;
  maxStatusRetries?: number;
  maxUnreachable?: number;
  stallTimeout?: number;
}

export type Room = 'evict' | 'free';

export interface Sent {
  duration?: number;
  encoded?: boolean;
  encodedLength: number;
  plain?: boolean;
  protocol?: string;
}

export interface Shown {
  actions: Action[];
  body: string;
  group?: string;
  icon?: string;
  lang?: string;
  prompting?: boolean;
  snapshot: Snapshot;
  tag: string;
  title: string;
}

export interface Snapshot {
  downloadTotal: number;
  downloaded: number;
  engine: number;
  failureReason: FailureReason;
  group?: string;
  id: string;
  kept?: boolean;
  maxBandwidth?: number;
  network?: Connections;
  paused: boolean;
  priority?: Priority;
  recordsAvailable: boolean;
  result: Result;
  retryAt?: number;
  revision: number;
  state: Activity;
  uniqueId: string;
  uploadTotal: number;
  uploaded: number;
}

export interface Spoken {
  lang: string;
  missing?: boolean;
  texts: Record<string, string | Record<string, string>>;
}

export interface UI {
  icons: Image[];
  title: string | null;
}
