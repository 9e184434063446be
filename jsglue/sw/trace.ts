/** The option `debug` of the worker: each step of each transfer in the console, how long it took for DevTools. */

import { measureTo, startMeasure } from '../shared/measure';
import type { LogEntry, LogEvent } from '../shared/log';
import { fromWire } from '../shared/wire-text';

/** Events of the log (wasm/bgfetch/log.go) with which something begins and ends. */
const BEGINS: readonly LogEvent[] = ['fetch', 'loaded', 'request'];
const ENDS: readonly LogEvent[] = ['settled', 'attempt', 'record'];

export async function trace({ event, id, record, url, range, status, detail }: LogEntry): Promise<null> {
  const one = record === undefined ? '' : `, record ${record}`;
  const name = id === undefined ? 'Background Fetch' : `Background Fetch "${fromWire(id)}"${one}`;
  console.debug([`${name}: ${event}`, status, range, url, detail].filter((part) => part !== undefined).join(' '));
  if (BEGINS.includes(event)) startMeasure(name);
  if (ENDS.includes(event)) measureTo(name, { event, url, status, detail });
  return null;
}
