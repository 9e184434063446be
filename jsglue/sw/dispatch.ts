/** The closing event: fired at the site's listeners, and waited for. */

import { within } from '../shared/deadline';
import { bodyOf } from '../shared/errors';
import { instanceOf } from '../shared/instances';
import { fire } from './events';
import type { HostMethods } from './host';
import { HostFailure } from './hosterror';
import type { LocalTransport } from './transport';

/** Longer than any browser lets one event live. */
const EVENT_LIMIT_MS = 300_000;
/**
 * Nothing was asked about the records for so long: whoever reads them has what it
 * needs. Listeners that never call waitUntil() get more time to come back.
 */
const GRACE_MS = 100;
const GRACE_WITHOUT_WAIT_MS = 1000;
const READING_LIMIT_MS = 30_000;

/** Resolves when the event is no longer active. Rejects 'stopped'. */
export async function dispatch(
  transport: LocalTransport,
  { type, snapshot }: HostMethods['dispatch'][0],
  signal: AbortSignal,
): Promise<null> {
  const { uniqueId } = snapshot;
  const { extended, end } = fire(type, instanceOf(snapshot, transport), async (ui) => {
    bodyOf(await transport.request('POST', `fetches/${uniqueId}/ui`, ui));
  });
  const active = async (): Promise<void> => {
    const grace = (await extended()) ? GRACE_MS : GRACE_WITHOUT_WAIT_MS;
    // A listener that reads may still find out that it wants more time.
    do await transport.idle(uniqueId, grace, READING_LIMIT_MS, signal);
    while (!signal.aborted && (await extended()));
  };
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  try {
    await within(Promise.race([active(), aborted]), EVENT_LIMIT_MS);
    if (signal.aborted) throw new HostFailure('stopped', 'The program that fired the event has ended.');
    return null;
  } finally {
    end();
  }
}
