/**
 * What everything in the worker is named after: the scope of the registration
 * and the version of the Go program.
 */

import { toNetworkOptions, type Connections } from '../shared/network-options';
import { cachePrefix, databaseName, lockName, withPrefix } from '../shared/names';
import { MARK } from '../shared/protocol';
import { toRetryOptions, type RetryOptions } from '../shared/retry';
import type { HostConfig } from './host';
import { worker } from './worker';

/** Options of the worker side, `self.backgroundFetchOptions` in classic workers. */
export interface WorkerOptions {
  /** 'prefer' (the default): where the browser has the API, do nothing at all. */
  native?: 'prefer' | 'never';
  /** URL of the Go program; by default it lies beside this script. */
  wasmURL?: string | URL;
  /**
   * The site's policy. 'granted' is the default; 'denied' lets every fetch()
   * reject with NotAllowedError; with 'prompt' each begins paused, until the user
   * agrees in what is shown.
   */
  permission?: PermissionState;
  /** What holds for retries where fetch() says nothing. */
  retry?: RetryOptions;
  /**
   * Whether a large body may be moved by several requests at a time, where the server
   * limits each connection. False by default: a browser that reads ahead of a busy
   * machine is then sent some bytes twice.
   */
  ranges?: boolean;
  /** Whether the console tells each step of each transfer, and performance.measure() how long it took. */
  debug?: boolean;
  /** Which connections are used where fetch() says nothing. */
  network?: Connections;
  /** What all background fetches together may download, in bytes per second. 0, the default: no limit. */
  maxBandwidth?: number;
}

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
  if (!['granted', 'denied', 'prompt'].includes(permission)) {
    throw new TypeError(`backgroundFetchOptions.permission is not granted, denied or prompt: ${String(permission)}`);
  }
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
    ranges: options.ranges === true,
    debug: options.debug === true,
    network,
    maxBandwidth,
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
  return new URL(frame?.[1] ?? '', worker.location.href).href;
}

/** Names of the caches that there are with a prefix, which is one of a context. */
export async function cacheNames(prefix: string): Promise<string[]> {
  return withPrefix(await caches.keys(), prefix);
}
