/**
 * What is not in the standard: pausing from script, saying why nothing moves, how the
 * network is used, and asking for storage that lasts. docs/additions.md lists all of it.
 * A page tells that it is there by `'pause' in BackgroundFetchRegistration.prototype`.
 * Not enumerable, so that whoever lists the members finds those of the standard.
 */

import { ask, changeOptions, post } from './asking';
import { groupOf, type BackgroundFetchGroup } from './group';
import { BackgroundFetchManager, transportOf } from './manager';
import type { Connections, NetworkOptions, Priority } from './network-options';
import { estimate } from './quota';
import { placeOf, type BackgroundFetchRecord } from './record';
import { BackgroundFetchRegistration, shownSnapshot, sourceOf } from './registration';
import { makeRequests, storeRequest, toRequestInfo } from './requests';
import type { OptionsReply } from './routes';
import type { State, StorageGrant } from './states';
import { addMembers } from './webidl';
import { fromWire } from './wire-text';

/** Defines the additions on the prototypes of BackgroundFetchRegistration and BackgroundFetchManager. */
export function defineAdditions(): void {
  addMembers(BackgroundFetchRegistration.prototype, RegistrationAdditions.prototype);
  addMembers(BackgroundFetchManager.prototype, ManagerAdditions.prototype);
}

/** Only its members are used, with a BackgroundFetchManager as `this`; others throw a TypeError. */
export class ManagerAdditions {
  /** The background fetches that have this `group`: one object for each name. */
  group(this: BackgroundFetchManager, name: string): BackgroundFetchGroup {
    return groupOf(transportOf(this), name);
  }

  /**
   * Ask the browser not to delete what this origin stored, and tell what came of it.
   * Only a page can ask; elsewhere it tells how things stand. Some browsers ask
   * the user: call it at a moment that they understand.
   */
  async persist(this: BackgroundFetchManager): Promise<StorageGrant> {
    transportOf(this);
    const storage = navigator.storage as { persist?(): Promise<boolean>; persisted?(): Promise<boolean> } | undefined;
    const asked = storage?.persist?.() ?? storage?.persisted?.();
    const persisted = (await asked?.catch(() => false)) ?? false;
    const { quota = null, usage = null } = await estimate();
    return { persisted, quota, usage };
  }
}

/** The same for a BackgroundFetchRegistration as `this`. */
export class RegistrationAdditions {
  /** Stop asking for bytes and keep what there is. Resolves with whether it is paused: not if it has settled. */
  async pause(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(sourceOf(this), 'pause');
  }

  /** Go on. Resolves with false: it is not paused any more. */
  async resume(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(sourceOf(this), 'resume');
  }

  get group(): string {
    return fromWire(shownSnapshot(this as unknown as BackgroundFetchRegistration).group ?? '');
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
    return changeOptions(sourceOf(this), options);
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
    if (source !== sourceOf(this)) throw new TypeError('The record belongs to another background fetch.');
    const [made] = makeRequests([toRequestInfo(request)]);
    await source.transport.checkPolicy?.([made!.url]);
    const stored = await storeRequest(made!, new Map());
    return (await post<OptionsReply>(source, `records/${index}/request`, stored))?.changed ?? false;
  }
}
