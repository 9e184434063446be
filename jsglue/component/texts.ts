/** What the list says, in English. A site replaces what it likes: `list.texts = { pause: 'Anhalten' }`. */
export const TEXTS = {
  active: 'Under way',
  ended: 'Ended',
  nothing: 'Nothing is under way.',
  noWorker: 'There are no downloads here.',
  pause: 'Pause',
  resume: 'Resume',
  abort: 'Abort',
  retry: 'Retry',
  remove: 'Remove',
  save: 'Save',
  discard: 'Delete',
  kept: 'Kept here',
  clear: 'Clear',
  queued: 'Waits for its turn',
  starting: 'Begins',
  offline: 'Waits for the network',
  refresh: 'Waits for the site to renew its link',
  unmetered: 'Waits for a connection without charge',
  waits: 'Next try in {time}',
  tries: 'Tries again',
  paused: 'Paused',
  goesOn: 'Goes on',
  finishing: 'Finishing',
  left: '{time} left',
  files: '{count} files',
  members: '{count} downloads',
  success: 'Complete',
  remains: '{size} stay for another try',
  aborted: 'Aborted',
  'bad-status': 'Failed: the server refused it',
  'fetch-error': 'Failed: the network or the server',
  'quota-exceeded': 'Failed: not enough storage',
  'download-total-exceeded': 'Failed: more came than was said',
};

export type Texts = typeof TEXTS;

/** Puts a value in the place of {name}. */
export function fill(text: string, value: string): string {
  return text.replace(/\{\w+\}/, () => value);
}
