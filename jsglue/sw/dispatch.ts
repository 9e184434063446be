/** The closing event: fired at the site's listeners, and waited for. */

import { instanceOf } from '../shared/instances';
import { fire } from './events';
import type { HostMethods } from './host';
import { HostFailure } from './hosterror';
import type { LocalTransport } from './transport';

/** Longer than any browser lets one event live. */
const EVENT_LIMIT_MS = 300_000;
/** Listeners that read records and never call waitUntil(): quiet for so long means done. */
const GRACE_MS = 100;
const READING_LIMIT_MS = 30_000;

/** Resolves when the event is no longer active. Rejects 'stopped'. */
export async function dispatch(
  transport: LocalTransport,
  { type, snapshot }: HostMethods['dispatch'][0],
  signal: AbortSignal,
): Promise<null> {
  const { extended, end } = fire(type, instanceOf(snapshot, transport));
  try {
    let timer!: ReturnType<typeof setTimeout>;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, EVENT_LIMIT_MS);
      signal.addEventListener('abort', () => resolve());
    });
    await Promise.race([extended, limit]);
    clearTimeout(timer);
    await transport.idle(snapshot.uniqueId, GRACE_MS, READING_LIMIT_MS, signal);
    if (signal.aborted) throw new HostFailure('stopped', 'The program that fired the event has ended.');
    return null;
  } finally {
    end();
  }
}
