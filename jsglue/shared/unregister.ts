/**
 * An unregistered service worker may live on, and Chromium revives it without an
 * install event when the same script is registered again. So what belonged to
 * the registration is deleted when it is unregistered.
 */

/** Calls `forget` for each registration on which unregister() succeeds; its promise waits for it. */
export function wrapUnregister(forget: (registration: ServiceWorkerRegistration, active: ServiceWorker) => Promise<void>): void {
  const { prototype } = ServiceWorkerRegistration;
  const native = prototype.unregister;
  const wrapped = {
    async unregister(this: ServiceWorkerRegistration): Promise<boolean> {
      // The browser's is called at once, for its order among register() and others.
      const done = native.call(this);
      const active = this instanceof ServiceWorkerRegistration ? this.active : null;
      const unregistered = await done;
      // Whatever fails, a worker that is installed anew deletes it, too.
      if (unregistered && active) await forget(this, active).catch(() => {});
      return unregistered;
    },
  };
  Object.defineProperty(prototype, 'unregister', { value: wrapped.unregister });
}
