/**
 * The retry policy that a site wants, an addition to the standard: as an option of
 * fetch(), as the default of a page, and as that of a worker. The numbers that
 * absent members stand for are DefaultRetryPolicy in wasm/bgfetch/retry.go.
 */

import { refuse } from './refuse';
import { toDictionary } from './webidl';

/** Times in ms, counts of failures in a row; docs/additions.md tells what each bounds. */
export interface RetryOptions {
  headTimeout?: number;
  stallTimeout?: number;
  backOff?: number;
  maxBackOff?: number;
  giveUpAfter?: number;
  maxRetryAfter?: number;
  maxUnreachable?: number;
  maxFailures?: number;
  maxStatusRetries?: number;
  maxRestarts?: number;
}

/** 2^31 - 1: a timer takes no more. */
const HIGHEST = 2_147_483_647;

/** Member -> the least and the most that it may be, as wasm/bgfetch/retry.go has it. */
export const RETRY_BOUNDS = {
  backOff: [1, HIGHEST],
  giveUpAfter: [0, HIGHEST],
  headTimeout: [1, HIGHEST],
  maxBackOff: [1, HIGHEST],
  maxFailures: [0, HIGHEST],
  maxRestarts: [0, HIGHEST],
  maxRetryAfter: [0, HIGHEST],
  maxStatusRetries: [0, HIGHEST],
  maxUnreachable: [0, HIGHEST],
  stallTimeout: [1, HIGHEST],
} as const satisfies Record<keyof RetryOptions, readonly [number, number]>;

/** Throws a TypeError that names the member which is wrong; `what` is its owner. */
export function toRetryOptions(value: unknown, what: string): RetryOptions {
  const dictionary = toDictionary(value, what);
  const result: RetryOptions = {};
  for (const [name, [lowest, highest]] of Object.entries(RETRY_BOUNDS)) {
    const member = dictionary[name];
    if (member === undefined) continue;
    if (!Number.isInteger(member) || (member as number) < lowest || (member as number) > highest) {
      refuse(`${what}.${name}`, `a whole number from ${lowest} to ${highest}`, member);
    }
    result[name as keyof RetryOptions] = member as number;
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
