/** What the list says, in English. A site replaces what it likes: `list.texts = { pause: 'Anhalten' }`. */
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
  files: '{count} files',
  members: '{count} downloads',
  success: 'Complete',
  remains: '{size} saved for another try',
  aborted: 'Aborted',
  'bad-status': 'Failed: the server refused',
  'fetch-error': 'Failed: network or server error',
  'quota-exceeded': 'Failed: not enough storage',
  'download-total-exceeded': 'Failed: larger than announced',
};

export type Texts = typeof TEXTS;

/** Puts a value in the place of {name}. */
export function fill(text: string, value: string): string {
  return text.replace(/\{\w+\}/, () => value);
}
