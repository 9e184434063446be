/** navigator.serviceWorker.ready waits for ever where no worker's scope covers the page: the console says so. */

import { within } from '../shared/deadline';
import { addMembers } from '../shared/webidl';

const EVERY_MS = 3000;
/** A site may register its worker late, but who still has none then does not want one. */
const TIMES = 10;

/** From the first time that the page reads `ready`. */
export function explainReady(): void {
  const { prototype } = ServiceWorkerContainer;
  const native = Object.getOwnPropertyDescriptor(prototype, 'ready')!.get!;
  let asked = false;
  addMembers(prototype, {
    get ready(): Promise<ServiceWorkerRegistration> {
      const ready = native.call(this);
      if (!asked) explain(ready).catch(() => {});
      asked = true;
      return ready;
    },
  });
}

async function explain(ready: Promise<ServiceWorkerRegistration>): Promise<void> {
  for (let time = 0; time < TIMES; time++) {
    // One that covers the page and is not active yet will be.
    if ((await within(ready, EVERY_MS)) ?? (await navigator.serviceWorker.getRegistration())) return;
    const scopes = (await navigator.serviceWorker.getRegistrations()).map(({ scope }) => scope);
    if (scopes.length === 0) continue;
    return console.warn(
      `Background Fetch: navigator.serviceWorker.ready does not resolve, since ${location.href} is in the scope of no service worker ` +
        `(there is ${scopes.join(', ')}). Put the worker's script where it covers the page, or serve it with the header ` +
        "Service-Worker-Allowed and register it with { scope: '/' }; or use the result of register().",
    );
  }
}
