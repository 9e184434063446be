/**
 * What everything in the worker is named after: the scope of the registration
 * and the version of the Go program.
 */

import { toNetworkOptions } from '../shared/network-options';
import { cachePrefix, databaseName, lockName, withPrefix } from '../shared/names';
import { MARK } from '../shared/protocol';
import { needWord } from '../shared/refuse';
import { toRemainsOptions } from '../shared/remains';
import { toRetryOptions } from '../shared/retry';
import { toKeepMax } from './keep-max';
import type { HostConfig } from './host';
import type { WorkerOptions } from './options';
import { listens } from './telemetry';
import { worker } from './worker';

/** What the program is told, but for what the browser is, and what else has its name from the scope. */
export interface WorkerContext extends Omit<HostConfig, 'framing'> {
  /** Path of our URLs, `<path of the scope>__bgfetch__`. */
  path: string;
  /** Name of the Web Lock. */
  lock: string;
  /** URL of the Go program. */
  wasmURL: string;
  /** Name of the cache that keeps the Go program. Each scope has one of its own: their versions may differ. */
  programCache: string;
  /** What the names of the caches of other versions begin with. */
  programCachePrefix: string;
}

/** The SHA-256 of bgfetch.wasm in hexadecimal, the first 16 digits, put in by the build. */
declare const BGFETCH_WASM_HASH: string;

export const PROGRAM_HASH = BGFETCH_WASM_HASH;

/**
 * Throws a TypeError that names an option which is wrong.
 *
 * @param scriptURL URL of the script that the Go program lies beside.
 */
export function makeContext(scope: string, scriptURL: string, options: WorkerOptions): WorkerContext {
  const { wasmURL, permission = 'granted' } = options;
  needWord('backgroundFetchOptions.permission', ['granted', 'denied', 'prompt'], permission);
  const { network = 'any', maxBandwidth = 0 } = toNetworkOptions({ ...options }, 'backgroundFetchOptions');
  const programCachePrefix = cachePrefix('program', scope);
  return {
    scope,
    path: new URL(scope).pathname + MARK,
    database: databaseName(scope),
    lock: lockName(scope),
    cachePrefix: cachePrefix('data', scope),
    keptPrefix: cachePrefix('kept', scope),
    wasmURL: String(
      wasmURL === undefined ? new URL(`bgfetch.wasm?v=${PROGRAM_HASH}`, scriptURL) : new URL(wasmURL, worker.location.href),
    ),
    programCache: programCachePrefix + PROGRAM_HASH,
    programCachePrefix,
    permission,
    retry: toRetryOptions(options.retry, 'backgroundFetchOptions.retry'),
    ranges: options.ranges !== false,
    debug: options.debug === true,
    lang: options.lang,
    texts: options.texts,
    onlog: listens(options),
    network,
    maxBandwidth,
    remains: toRemainsOptions(options.remains, 'backgroundFetchOptions.remains'),
    keepMax: toKeepMax(options.keepMax, 'backgroundFetchOptions.keepMax'),
  };
}

/**
 * URL of the script that is running: a script loaded by importScripts has no
 * document.currentScript, but all engines name it in a stack trace, as
 * `at f (URL:1:2)`, `at URL:1:2` or `f@URL:1:2`. Firefox gives the URL as it was
 * passed to importScripts when the worker is an update of another. To be called
 * in the first synchronous run. Falls back to the URL of the worker.
 */
export function currentScriptURL(): string {
  const frame = /^(?:\s*at (?:.*? \()?|[^@\n]*@)(.+?):\d+:\d+\)?$/m.exec(new Error().stack ?? '');
  return new URL(frame?.[1] ?? '', worker.location?.href).href;
}

/** Names of the caches that there are with a prefix, which is one of a context. */
export async function cacheNames(prefix: string): Promise<string[]> {
  return withPrefix(await caches.keys(), prefix);
}
