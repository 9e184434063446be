/**
 * What stays of a record that failed, so that the next background fetch for the same file goes on
 * with it: an addition to the standard. What absent members stand for is DefaultRemains in
 * wasm/library/remains.go.
 */

import { refuse } from './refuse';
import { toDictionary } from './webidl';

export interface RemainsOptions {
  /** For how long they stay. */
  days?: number;
  /** What all of them together may take. */
  maxBytes?: number;
}

/** As wasm/library/remains.go has it: ten years. */
const MAX_DAYS = 3650;

/** null for `false`: nothing stays. Throws a TypeError that names the member which is wrong; `what` is its owner. */
export function toRemainsOptions(value: unknown, what: string): RemainsOptions | null {
  if (value === false) return null;
  const { days, maxBytes } = toDictionary(value, what);
  if (days !== undefined && !(typeof days === 'number' && days > 0 && days <= MAX_DAYS)) {
    refuse(`${what}.days`, `a number above 0 and up to ${MAX_DAYS}`, days);
  }
  if (maxBytes !== undefined && !(Number.isSafeInteger(maxBytes) && (maxBytes as number) >= 0)) {
    refuse(`${what}.maxBytes`, 'a whole number', maxBytes);
  }
  return { days, maxBytes } as RemainsOptions;
}
