/**
 * An unregistered service worker may live on, and Chromium revives it without an
 * install event when the same script is registered again. So what belonged to
 * the registration is deleted when it is unregistered.
 */

import { addMembers } from './webidl';

type Forget = () => Promise<void>;

/**
 * Calls `about` for each registration on which unregister() is called, and what it
 * returns when that has succeeded; the promise of unregister() waits for it.
 */
export function wrapUnregister(about: (registration: ServiceWorkerRegistration, active: ServiceWorker) => Forget): void {
  const { prototype } = ServiceWorkerRegistration;
  const native = prototype.unregister;
  addMembers(prototype, {
    async unregister(this: ServiceWorkerRegistration): Promise<boolean> {
      // The browser's is called at once, for its order among register() and others.
      const done = native.call(this);
      const active = this instanceof ServiceWorkerRegistration ? this.active : null;
      const forget = active && about(this, active);
      const unregistered = await done;
      // Whatever fails, a worker that is installed anew deletes it, too.
      if (unregistered) await forget?.().catch(() => {});
      return unregistered;
    },
  });
}
