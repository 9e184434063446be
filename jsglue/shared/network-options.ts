/**
 * How a background fetch uses the network beside others, additions to the standard:
 * options of fetch() which can be changed later. docs/additions.md explains them.
 */

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

const VALUES = { network: ['any', 'unmetered'], priority: ['high', 'normal', 'low'] };

/** Throws a TypeError that names the member which is wrong; `what` is its owner. Absent members stay so. */
export function toNetworkOptions(dictionary: Record<string, unknown>, what: string): NetworkOptions {
  const { maxBandwidth, network, priority } = dictionary;
  for (const [name, value] of Object.entries({ network, priority })) {
    const values = VALUES[name as keyof typeof VALUES];
    if (value !== undefined && !values.includes(value as string)) {
      throw new TypeError(`${what}.${name} is not one of ${values.join(', ')}: ${String(value)}`);
    }
  }
  if (maxBandwidth !== undefined && !(Number.isSafeInteger(maxBandwidth) && (maxBandwidth as number) >= 0)) {
    throw new TypeError(`${what}.maxBandwidth is not a whole number of bytes per second: ${String(maxBandwidth)}`);
  }
  return { maxBandwidth, network, priority } as NetworkOptions;
}
