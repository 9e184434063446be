/**
 * Background Sync, where the browser has it: while something waits for the network, the browser is
 * asked for an event when it is back, also after the last page was closed.
 *
 * Source: https://wicg.github.io/background-sync/spec/#sync-manager-interface
 */

import type { Snapshot } from '../shared/protocol';
import type { Lifetime } from './lifetime';
import { worker } from './worker';

/** What TypeScript's libraries do not have. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
type WithSync = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };

const TAG = 'background-fetch-wasm';
/** What a browser lets a sync event live, but for half a minute. */
const HOLD_MS = 150_000;
const WAITING = /^waiting-(online|retry|host|refresh)$/;

export class Sync {
  #isAsked = false;

  /** To be called with what changed. */
  see(snapshots: Snapshot[]): void {
    if (this.#isAsked || !snapshots.some(({ state }) => WAITING.test(state))) return;
    this.#isAsked = true;
    (worker.registration as WithSync).sync?.register(TAG).catch(() => {
      this.#isAsked = false; // the user forbids it, or no page is open
    });
  }

  /** The network is there. If work is left at the end of the event, the browser fires it again, later. */
  handle(event: ExtendableEvent, lifetime: Lifetime): void {
    this.#isAsked = false;
    const held = lifetime.hold(event, undefined, HOLD_MS);
    if ((event as SyncEvent).tag !== TAG) return;
    event.waitUntil(
      held.then(() => {
        if (lifetime.busy) throw new Error('There is work left.');
      }),
    );
  }
}
