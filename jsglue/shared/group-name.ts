/** The name of a group: an option of fetch() and of what it keeps, and what group() is given. */

import { MAX_GROUP } from './protocol';
import { toWire } from './wire-text';

/** The name as it travels on the wire. Throws a TypeError that says `what` is wrong. */
export function toGroup(value: unknown, what: string): string {
  const name = typeof value === 'string' ? toWire(value) : '';
  if (name && [...name].length <= MAX_GROUP) return name;
  throw new TypeError(`${what} is not a text of 1 to ${MAX_GROUP} characters`);
}

/** The query that names a group, as it travels on the wire, in the paths of the program. */
export function groupQuery(group: string): string {
  return `?group=${encodeURIComponent(group)}`;
}
