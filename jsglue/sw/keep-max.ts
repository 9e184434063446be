/** The bound of what is kept, an addition to the standard. */

import { refuse } from '../shared/refuse';

/** `keepMax` of the options: a number of bytes, or a share of the quota; neither where there is no bound. */
export interface KeepMax {
  bytes?: number;
  share?: number;
}

/** Above 1 a number of bytes, else a share of the quota. Throws a TypeError; the program knows the quota. */
export function toKeepMax(value: unknown, what: string): KeepMax {
  if (value === undefined) return {};
  if (typeof value !== 'number' || !(value > 0) || (value > 1 && !Number.isSafeInteger(value))) {
    refuse(what, 'a whole number of bytes, or a share of the quota between 0 and 1', value);
  }
  return value > 1 ? { bytes: value } : { share: value };
}
