/** The option `onlog` of the worker: the site is told what happened. An addition to the standard. */

import type { LogBatch } from '../shared/log';
import type { WorkerOptions } from './options';

/** Whether the site listens to the log. Throws a TypeError that names the member. */
export function listens({ onlog }: WorkerOptions): boolean {
  if (onlog == null || typeof onlog === 'function') return !!onlog;
  throw new TypeError(`backgroundFetchOptions.onlog is neither a function nor null: ${String(onlog)}`);
}

/** Nobody waits for the listener, which may have been taken away meanwhile. */
export async function tellSite(options: WorkerOptions, batch: LogBatch): Promise<null> {
  const told = async (): Promise<unknown> => options.onlog?.(batch);
  told().catch((error) => console.error('Background Fetch: backgroundFetchOptions.onlog failed:', error));
  return null;
}
