/**
 * The retry policy that a site wants, an addition to the standard: as an option of
 * fetch(), as the default of a page, and as that of a worker. The numbers that
 * absent members stand for are DefaultRetryPolicy in wasm/bgfetch/retry.go.
 */

import { toDictionary } from './webidl';

/** Times in ms, counts of failures in a row; docs/additions.md tells what each bounds. */
export interface RetryOptions {
  headTimeout?: number;
  stallTimeout?: number;
  backOff?: number;
  maxBackOff?: number;
  maxRetryAfter?: number;
  maxUnreachable?: number;
  maxFailures?: number;
  maxStatusRetries?: number;
  maxRestarts?: number;
}

/** Member -> the least that it may be. */
const LOWEST = {
  backOff: 1,
  headTimeout: 1,
  maxBackOff: 1,
  maxFailures: 0,
  maxRestarts: 0,
  maxRetryAfter: 0,
  maxStatusRetries: 0,
  maxUnreachable: 0,
  stallTimeout: 1,
} satisfies Record<keyof RetryOptions, number>;

const HIGHEST = 2 ** 31 - 1;

/** Throws a TypeError that names the member which is wrong; `what` is its owner. */
export function toRetryOptions(value: unknown, what: string): RetryOptions {
  const dictionary = toDictionary(value, what);
  const result: RetryOptions = {};
  for (const [name, lowest] of Object.entries(LOWEST) as [keyof RetryOptions, number][]) {
    const member = dictionary[name];
    if (member === undefined) continue;
    if (!Number.isInteger(member) || (member as number) < lowest || (member as number) > HIGHEST) {
      throw new TypeError(`${what}.${name} is not a whole number from ${lowest} to ${HIGHEST}: ${String(member)}`);
    }
    result[name] = member as number;
  }
  return result;
}

let defaults: RetryOptions = {};

/** What fetch() in this realm wants where its own options say nothing. */
export function setDefaultRetry(options: RetryOptions): void {
  defaults = options;
}

export function withDefaultRetry(options: RetryOptions): RetryOptions {
  return { ...defaults, ...options };
}
