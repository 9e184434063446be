/** What can be answered without the program, which takes most of the time of a start. */

import { inDatabase } from '../shared/database';
import { DATABASE_VERSION, hasWork } from '../shared/names';
import type { FetchList, ReplyMessage } from '../shared/protocol';
import type { WorkerContext } from './context';

/** How long storage may take, ms. The program waits longer, and says what is wrong. */
const WITHIN_MS = 1000;

type TextReply = Pick<ReplyMessage, 'status' | 'body'>;

/** What is answered where there is no background fetch, by `METHOD path`. */
export const NONE: Record<string, TextReply | undefined> = {
  'GET fetches': { status: 200, body: JSON.stringify({ fetches: [] } satisfies FetchList) },
  'POST ids': { status: 404, body: '' },
};

/** Undefined where the program has to be asked. Never rejects. */
export async function answerOfNone(method: string, path: string, context: WorkerContext): Promise<TextReply | undefined> {
  const none = NONE[`${method} ${path}`];
  return none && (await nothingUnderWay(context).catch(() => false)) ? none : undefined;
}

/**
 * Whether each background fetch that is stored is one that was kept for good. A row without a
 * cache may be of one whose caches somebody deleted.
 */
async function nothingUnderWay({ scope, database, keptPrefix }: WorkerContext): Promise<boolean> {
  const names = await caches.keys();
  if (hasWork(names, scope)) return false;
  const ids = await inDatabase(database, WITHIN_MS, 'readonly', (transaction) => {
    const isOurs = transaction.db.version <= DATABASE_VERSION && transaction.objectStoreNames.contains('fetches');
    return isOurs && transaction.objectStore('fetches').getAllKeys();
  });
  return ids === undefined || (ids && ids.result.every((id) => names.includes(keptPrefix + id)));
}
