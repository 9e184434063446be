/**
 * Ends and deletes what belongs to a registration that is unregistered here. Its worker
 * does it where it still hears of it; a browser may end it with its registration, or not
 * hand messages to it any more, and then this realm does.
 */

import { clearDatabase } from '../shared/clear-database';
import { loseInstances } from '../shared/instances';
import { within } from '../shared/deadline';
import { bodyCaches, databaseName, lockName } from '../shared/names';
import { deleteOwnCache } from '../shared/own-caches';
import { afterSilence } from '../shared/silence';
import { wrapUnregister } from '../shared/unregister';
import { post, requestMessage } from './exchange';
import { transportOf } from './transport';

/** How long a worker may take to forget. */
const ANSWER_WITHIN_MS = 1000;
/** ... and one that has not begun to work, and so may have gone with its registration. */
const ANSWER_WITHOUT_LOCK_MS = 100;

export function tellOfUnregistering(): void {
  wrapUnregister((registration, worker) => {
    const { scope } = registration;
    // Who registers again without waiting may have newer ones when the browser has answered.
    const lost = transportOf(registration).watched;
    const names = caches.keys().then((all) => bodyCaches(all, scope));
    names.catch(() => {});
    return async () => {
      const found = await names;
      // Workers that do nothing for us get no message of ours.
      if (found.length > 0 || lost.length > 0) await forget(scope, worker, found);
      loseInstances(lost);
    };
  });
}

async function forget(scope: string, worker: ServiceWorker, names: string[]): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const answered = new Promise<true>((resolve) => {
    port1.onmessage = ({ data }) => data.type === 'reply' && resolve(true);
  });
  post(worker, requestMessage('POST', 'unregister'), port2);

  let granted = false;
  const whenFree = (options: LockOptions): Promise<void> =>
    navigator.locks.request(lockName(scope), options, async () => {
      granted = true;
      const heard = await within(answered, ANSWER_WITHOUT_LOCK_MS);
      if (!heard && !(await registeredAgain(scope))) await deleteAll(scope, names);
    });
  const over = new AbortController();
  const silence = afterSilence(ANSWER_WITHIN_MS, () => over.abort());
  const freed = whenFree({ signal: over.signal }).catch(async () => {
    // The program still runs. A redundant worker is not asked any more: its lock is what ends it.
    if (!granted && worker.state === 'redundant' && !(await registeredAgain(scope))) await whenFree({ steal: true });
  });
  await Promise.race([answered, freed]);
  silence.end();
  over.abort();
  port1.close();
}

/** What a worker of a newer registration deletes is its own affair. */
async function registeredAgain(scope: string): Promise<boolean> {
  return (await navigator.serviceWorker.getRegistration(scope))?.scope === scope;
}

async function deleteAll(scope: string, names: string[]): Promise<void> {
  await Promise.allSettled([...names.map(deleteOwnCache), clearDatabase(databaseName(scope))]);
}
