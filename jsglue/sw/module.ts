/** dist/sw.mjs, for module workers: `import { install } from '.../sw.mjs'; install();` */

import type { WorkerOptions } from './options';
import { installWorker } from './install';

export type { LogBatch, LogEntry, LogEvent } from '../shared/log';
export type { WorkerOptions };

/**
 * To be called first of all in the worker's script, before listeners are added. Where it is not
 * supported, nothing is changed and a warning says why.
 */
export function install(options: WorkerOptions = {}): void {
  // In a bundle that is no module it has no address of its own.
  installWorker(options, import.meta.url || String(globalThis.location));
}
