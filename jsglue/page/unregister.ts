/** Tells the worker of a registration that was unregistered here. */

import { DEAD_AFTER_MS, lockName, MARK, PROTOCOL, type RequestMessage } from '../shared/protocol';
import { wrapUnregister } from '../shared/unregister';
import { VERSION } from '../shared/version';

/** How long a worker may take to forget. */
const ANSWER_WITHIN_MS = 1000;
/** ... and one that has not begun to work, and so may have gone with its registration. */
const ANSWER_WITHOUT_LOCK_MS = 100;

export function tellOfUnregistering(): void {
  wrapUnregister(async ({ scope }, worker) => {
    // Workers that keep nothing for us get no message of ours.
    if (!(await caches.keys()).some((name) => name.startsWith(`bgfetch:data:${scope}:`))) return;
    const { port1, port2 } = new MessageChannel();
    const message: RequestMessage = {
      [MARK]: 'request',
      protocol: PROTOCOL,
      version: VERSION,
      method: 'POST',
      path: 'unregister',
    };
    const over = new AbortController();
    await new Promise<void>((resolve) => {
      port1.onmessage = ({ data }) => data.type === 'reply' && resolve();
      setTimeout(resolve, ANSWER_WITHIN_MS);
      // Chromium ends a worker that no page needs at once; its lock is free then.
      navigator.locks
        .request(lockName(scope), { signal: over.signal }, () => void setTimeout(resolve, ANSWER_WITHOUT_LOCK_MS))
        .catch(() => {});
      worker.postMessage(message, [port2]);
    });
    over.abort();
    setTimeout(() => port1.close(), DEAD_AFTER_MS);
  });
}
