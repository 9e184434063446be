/**
 * What is not in the standard: pausing from script, saying why nothing moves, how the
 * network is used, and asking for storage that lasts. docs/additions.md lists all of it.
 * A page tells that it is there by `'pause' in BackgroundFetchRegistration.prototype`.
 * Not enumerable, so that whoever lists the members finds those of the standard.
 */

import { bodyOf } from './errors';
import { BackgroundFetchManager, transportOf } from './manager';
import { toNetworkOptions, type Connections, type NetworkOptions, type Priority } from './network-options';
import { estimate } from './quota';
import { placeOf, type BackgroundFetchRecord } from './record';
import { BackgroundFetchRegistration, shownSnapshot, sourceOf } from './registration';
import { makeRequests, storeRequest, toRequestInfo } from './requests';
import type { OptionsReply, PauseReply } from './routes';
import type { State, StorageGrant } from './states';
import { toDictionary } from './webidl';

/** Defines the additions on the prototypes of BackgroundFetchRegistration and BackgroundFetchManager. */
export function defineAdditions(): void {
  addMembers(BackgroundFetchRegistration.prototype, RegistrationAdditions.prototype);
  addMembers(BackgroundFetchManager.prototype, ManagerAdditions.prototype);
}

function addMembers(to: object, from: object): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
    if (name !== 'constructor') Object.defineProperty(to, name, descriptor);
  }
}

/** Only its members are used, with a BackgroundFetchManager as `this`; others throw a TypeError. */
export class ManagerAdditions {
  /**
   * Ask the browser not to delete what this origin stored, and tell what came of it.
   * Only a page can ask; elsewhere it tells how things stand. Some browsers ask
   * the user: call it at a moment that they understand.
   */
  async persist(this: BackgroundFetchManager): Promise<StorageGrant> {
    transportOf(this);
    const storage = navigator.storage as { persist?(): Promise<boolean>; persisted?(): Promise<boolean> } | undefined;
    const asked = storage?.persist?.() ?? storage?.persisted?.() ?? Promise.resolve(false);
    const persisted = await asked.catch(() => false);
    const { quota = null, usage = null } = await estimate();
    return { persisted, quota, usage };
  }
}

/** The same for a BackgroundFetchRegistration as `this`. */
export class RegistrationAdditions {
  /** Stop asking for bytes and keep what there is. Resolves with whether it is paused: not if it has settled. */
  async pause(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(this, 'pause');
  }

  /** Go on. Resolves with false: it is not paused any more. */
  async resume(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(this, 'resume');
  }

  get paused(): boolean {
    return shownSnapshot(this as unknown as BackgroundFetchRegistration).paused;
  }

  get state(): State {
    const { result, state } = shownSnapshot(this as unknown as BackgroundFetchRegistration);
    return result === '' ? state : 'settled';
  }

  /** When the next try is made while state is waiting-host, waiting-retry or waiting-refresh, else null. */
  get retryAt(): Date | null {
    const { retryAt } = shownSnapshot(this as unknown as BackgroundFetchRegistration);
    return retryAt === undefined ? null : new Date(retryAt);
  }

  get priority(): Priority {
    return shownSnapshot(this as unknown as BackgroundFetchRegistration).priority ?? 'normal';
  }

  get network(): Connections {
    return shownSnapshot(this as unknown as BackgroundFetchRegistration).network ?? 'any';
  }

  get maxBandwidth(): number {
    return shownSnapshot(this as unknown as BackgroundFetchRegistration).maxBandwidth ?? 0;
  }

  /** Change how it uses the network from now on. Resolves with whether it did: not if it has settled. */
  async setOptions(this: BackgroundFetchRegistration, options: NetworkOptions): Promise<boolean> {
    const changes = toNetworkOptions(toDictionary(options, 'options'), 'options');
    return (await post<OptionsReply>(this, 'options', changes))?.changed ?? false;
  }

  /**
   * Let a record be sent with the URL, the headers and the credentials of another request for the same
   * resource from now on. Resolves with whether it is: not if the record has its response.
   */
  async setRequest(
    this: BackgroundFetchRegistration,
    record: BackgroundFetchRecord,
    request: RequestInfo | URL,
  ): Promise<boolean> {
    const { source, index } = placeOf(record);
    if (source !== sourceOf(this)) throw new TypeError('The record is of another background fetch.');
    const [made] = makeRequests([toRequestInfo(request)]);
    await source.transport.checkPolicy?.([made!.url]);
    const stored = await storeRequest(made!, new Map());
    return (await post<OptionsReply>(this, `records/${index}/request`, stored))?.changed ?? false;
  }
}

async function ask(registration: BackgroundFetchRegistration, what: 'pause' | 'resume'): Promise<boolean> {
  return (await post<PauseReply>(registration, what))?.paused ?? false;
}

/** Undefined for one that has settled, and is done with. */
async function post<T>(registration: BackgroundFetchRegistration, what: string, body?: unknown): Promise<T | undefined> {
  const { transport, path } = sourceOf(registration);
  const reply = await transport.request('POST', `${path}/${what}`, body);
  return reply.status === 404 ? undefined : bodyOf<T>(reply);
}
