/**
 * Texts of the site on the wire. A DOMString may have surrogates without their
 * partner; URLs and the program's JSON make U+FFFD of each, so that two ids could
 * become one. They travel escaped: U+FDD0, which stands for no character, and
 * four hex digits. All other texts travel as they are.
 */

const ESCAPE = '\uFDD0';

const LONE_OR_ESCAPE = /[\uD800-\uDFFF\uFDD0]/gu;
const ESCAPED = /\uFDD0([0-9a-f]{4})/g;

export function toWire(text: string): string {
  // With the flag u, the halves of a pair do not match one by one.
  return text.replace(LONE_OR_ESCAPE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** The text that toWire() was given. */
export function fromWire(text: string): string {
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
