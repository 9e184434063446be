/** What can be said of snapshots without asking the program. */

import type { Snapshot } from './protocol';

type Ordered = Pick<Snapshot, 'engine' | 'revision'>;

/** Whether one is older than the other. Of those by different engines the last that came counts as the newer. */
export function isOlder(one: Ordered, other: Ordered): boolean {
  return one.engine === other.engine && one.revision < other.revision;
}

/** The last snapshot of a background fetch that nothing is left of: one that had not settled was aborted. */
export function lost(last: Snapshot): Snapshot {
  const outcome = last.result === '' ? ({ result: 'failure', failureReason: 'aborted' } as const) : {};
  return { ...last, ...outcome, recordsAvailable: false };
}
