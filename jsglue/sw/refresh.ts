/** backgroundfetchrefresh: the site is asked for another request in place of one that was refused. */

import { instanceOf } from '../shared/instances';
import { makeRequests, restoreRequest, storeRequest, toRequestInfo } from '../shared/requests';
import { makeResponse } from '../shared/response';
import { ask } from './events';
import type { HostMethods } from './host';
import { HostFailure } from './hosterror';
import type { LocalTransport } from './transport';

type Refresh = HostMethods['refresh'];

/** Rejects 'stopped'. How long it may take is the program's to say. */
export async function refresh(
  transport: LocalTransport,
  { snapshot, request, head }: Refresh[0],
  signal: AbortSignal,
): Promise<Refresh[1]> {
  const response = makeResponse(head, undefined, () => true);
  const { answer, end } = ask(instanceOf(snapshot, transport), restoreRequest(request), response);
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new HostFailure('stopped', 'The listener took too long.')));
  });
  try {
    const given = await Promise.race([answer, stopped]);
    if (given === undefined) return {};
    // What fetch() would refuse is refused here, too; the rest is the program's to refuse.
    const [made] = makeRequests([toRequestInfo(given)]);
    return { request: await storeRequest(made!, new Map()) };
  } catch (error) {
    if (error instanceof HostFailure) throw error;
    return { refused: String(error) };
  } finally {
    end();
  }
}
