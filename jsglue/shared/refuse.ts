/** What is said of an option that is wrong, an addition to the standard: a TypeError that names it. */

/** `what` must be `expected`, and is another value. */
export function refuse(what: string, expected: string, value: unknown): never {
  throw new TypeError(`${what} must be ${expected}, not ${typeof value === 'string' ? `'${value}'` : String(value)}`);
}

/** Refuses what is none of the words. What is absent stays so. */
export function needWord(what: string, words: readonly string[], value: unknown): void {
  if (value !== undefined && !words.includes(value as string)) {
    refuse(what, `'${words.join("' or '")}'`, value);
  }
}
