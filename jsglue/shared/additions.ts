/**
 * What is not in the standard: pausing from script, and saying why nothing moves.
 * A page tells that it is there by `'pause' in BackgroundFetchRegistration.prototype`.
 * Not enumerable, so that whoever lists the members finds those of the standard.
 */

import { bodyOf } from './errors';
import { BackgroundFetchRegistration, shownSnapshot, sourceOf } from './registration';

/**
 * What a background fetch does, or why it does nothing. `statechange` is fired at
 * the registration when it changes.
 */
export type State = 'queued' | 'running' | 'waiting-online' | 'waiting-retry' | 'paused' | 'settled';

/** Defines the additions on BackgroundFetchRegistration.prototype. */
export function defineAdditions(): void {
  const additions = Object.getOwnPropertyDescriptors(Additions.prototype);
  for (const [name, descriptor] of Object.entries(additions)) {
    if (name !== 'constructor') Object.defineProperty(BackgroundFetchRegistration.prototype, name, descriptor);
  }
}

/** Only its members are used, with a BackgroundFetchRegistration as `this`; others throw a TypeError. */
class Additions {
  /** Stop asking for bytes and keep what there is. Resolves with whether it is paused: not if it has settled. */
  async pause(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(this, 'pause');
  }

  /** Go on. Resolves with false: it is not paused any more. */
  async resume(this: BackgroundFetchRegistration): Promise<boolean> {
    return ask(this, 'resume');
  }

  get paused(): boolean {
    return shownSnapshot(this as unknown as BackgroundFetchRegistration).paused ?? false;
  }

  get state(): State {
    const { result, state } = shownSnapshot(this as unknown as BackgroundFetchRegistration);
    return result === '' ? ((state as State | undefined) ?? 'queued') : 'settled';
  }

  /** When the next try is made while state is waiting-retry, else null. */
  get retryAt(): Date | null {
    const { retryAt } = shownSnapshot(this as unknown as BackgroundFetchRegistration);
    return retryAt === undefined ? null : new Date(retryAt);
  }
}

async function ask(registration: BackgroundFetchRegistration, what: 'pause' | 'resume'): Promise<boolean> {
  const { transport, path } = sourceOf(registration);
  const reply = await transport.request('POST', `${path}/${what}`);
  if (reply.status === 404) return false; // settled, and done with
  return bodyOf<{ paused: boolean }>(reply).paused;
}
