/** What pages and the worker ask the program to do with a background fetch, or with a group of them. */

import { bodyOf } from './errors';
import { toNetworkOptions, type NetworkOptions } from './network-options';
import type { OptionsReply, PauseReply } from './routes';
import type { Transport } from './transport';
import { toDictionary } from './webidl';

/** What it is asked about: `fetches/<uniqueId>`, or `groups` with `?group=<name>`. */
export interface Addressee {
  transport: Transport;
  path: string;
  query?: string;
}

/** Undefined for one that has settled, and is done with. */
export async function post<T>({ transport, path, query = '' }: Addressee, what: string, body?: unknown): Promise<T | undefined> {
  const reply = await transport.request('POST', `${path}/${what}${query}`, body);
  return reply.status === 404 ? undefined : bodyOf<T>(reply);
}

/** Resolves with whether it is paused then. */
export async function ask(addressee: Addressee, what: 'pause' | 'resume'): Promise<boolean> {
  return (await post<PauseReply>(addressee, what))?.paused ?? false;
}

/** Resolves with whether anything was changed. */
export async function changeOptions(addressee: Addressee, options: NetworkOptions): Promise<boolean> {
  const changes = toNetworkOptions(toDictionary(options, 'options'), 'options');
  return (await post<OptionsReply>(addressee, 'options', changes))?.changed ?? false;
}
