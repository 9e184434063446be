/**
 * How a background fetch uses the network beside others, additions to the standard:
 * options of fetch() which can be changed later. docs/additions.md explains them.
 */

import { needWord, refuse } from './refuse';

/** What goes first. */
export type Priority = 'high' | 'normal' | 'low';
/** 'unmetered' waits while the browser tells of a connection on which bytes are to be saved. */
export type Connections = 'any' | 'unmetered';

export interface NetworkOptions {
  priority?: Priority;
  network?: Connections;
  /** Bytes per second; 0: no limit. */
  maxBandwidth?: number;
}

export const CONNECTIONS = ['any', 'unmetered'] as const;
export const PRIORITIES = ['high', 'normal', 'low'] as const;

/** Throws a TypeError that names the member which is wrong; `what` is its owner. Absent members stay so. */
export function toNetworkOptions(dictionary: Record<string, unknown>, what: string): NetworkOptions {
  const { maxBandwidth, network, priority } = dictionary;
  needWord(`${what}.network`, CONNECTIONS, network);
  needWord(`${what}.priority`, PRIORITIES, priority);
  if (maxBandwidth !== undefined && !(Number.isSafeInteger(maxBandwidth) && (maxBandwidth as number) >= 0)) {
    refuse(`${what}.maxBandwidth`, 'a whole number', maxBandwidth);
  }
  return { maxBandwidth, network, priority } as NetworkOptions;
}
