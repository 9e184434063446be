/** What users read: the texts of the list, the downloads page and the notifications. */

/** A text for each plural form of the language, by the names that `Intl.PluralRules` gives to these. */
export type PluralText = { other: string } & { [form in Intl.LDMLPluralRule]?: string };

/**
 * In English. `{time}`, `{size}` and `{count}` stand for a value. `agree` is in notifications alone, and
 * `downloads` is the title of the downloads page.
 */
export const TEXTS = {
  active: 'In progress',
  ended: 'Ended',
  nothing: 'No downloads in progress.',
  noWorker: 'This site has no downloads.',
  pause: 'Pause',
  resume: 'Resume',
  abort: 'Abort',
  retry: 'Retry',
  remove: 'Remove',
  save: 'Save',
  discard: 'Delete',
  kept: 'Kept on this device',
  clear: 'Clear',
  queued: 'Waiting for its turn',
  starting: 'Starting',
  offline: 'Waiting for the network',
  refresh: 'Waiting for the site to renew the link',
  unmetered: 'Waiting for an unmetered connection',
  waits: 'Next try in {time}',
  tries: 'Trying again',
  paused: 'Paused',
  goesOn: 'Continuing',
  finishing: 'Finishing',
  left: '{time} left',
  files: { one: '{count} file', other: '{count} files' },
  members: { one: '{count} download', other: '{count} downloads' },
  success: 'Complete',
  remains: '{size} saved for another try',
  aborted: 'Aborted',
  'bad-status': 'Failed: the server refused',
  'fetch-error': 'Failed: network or server error',
  'quota-exceeded': 'Failed: not enough storage',
  'download-total-exceeded': 'Failed: larger than announced',
  agree: 'Download',
  downloads: 'Downloads',
};

/** Each is a string; those that count something may have plural forms. */
export type Texts = { [name in keyof typeof TEXTS]: (typeof TEXTS)[name] extends string ? string : string | PluralText };

/** What is said in a language. */
export interface Spoken {
  /** BCP 47 tag. */
  lang: string;
  /** What is left out is English. */
  texts: Record<string, string | Record<string, string>>;
  /** There is a file with more, which could not be had. */
  missing?: boolean;
}
