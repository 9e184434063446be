/** Tells the worker of a registration that was unregistered here. */

import { DEAD_AFTER_MS, MARK, PROTOCOL, type RequestMessage } from '../shared/protocol';
import { wrapUnregister } from '../shared/unregister';

/** A worker that went with its registration does not answer. */
const ANSWER_WITHIN_MS = 1000;

export function tellOfUnregistering(): void {
  wrapUnregister(async ({ scope }, worker) => {
    // Workers that keep nothing for us get no message of ours.
    if (!(await caches.keys()).some((name) => name.startsWith(`bgfetch:data:${scope}:`))) return;
    const { port1, port2 } = new MessageChannel();
    const message: RequestMessage = { [MARK]: 'request', protocol: PROTOCOL, method: 'POST', path: 'unregister' };
    await new Promise<void>((resolve) => {
      port1.onmessage = ({ data }) => data.type === 'reply' && resolve();
      setTimeout(resolve, ANSWER_WITHIN_MS);
      worker.postMessage(message, [port2]);
    });
    setTimeout(() => port1.close(), DEAD_AFTER_MS);
  });
}
