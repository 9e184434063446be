// The demo server, if that is where the page comes from: its log, its hashes,
// and the means to break it.

import * as calls from './calls.js';

/** The JSON of an answer, or null if none came. */
async function json(asked) {
  try {
    const response = await asked;
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** Breaks what is being sent. {broken} or null. */
export const cut = () => json(calls.cutTheConnection());

/** Stops the server for so long. {stoppedMs} or null. */
export const stop = (ms) => json(calls.stopTheServer(ms));

/** Makes all links of before bad, and breaks what is being sent. {broken} or null. */
export const revoke = () => json(calls.revokeTheLinks());

/** A link that is good for a minute, for a path of this server. */
export async function linkTo(url) {
  const answer = await fetch(`./__link__?path=${encodeURIComponent(new URL(url).pathname)}`);
  if (!answer.ok) throw new Error(`the server gave no link: ${answer.status}`);
  return new URL(await answer.text(), url).href;
}

/** Every request that was seen, as arrays by name, or null. */
export const log = () => json(fetch('./__log__', { cache: 'no-store' }));

/** The SHA-256 of what the server sends under a name, or null. */
export async function hash(name) {
  try {
    const response = await fetch(`./__sha256__?name=${encodeURIComponent(name)}`, { cache: 'no-store' });
    return response.ok ? (await response.text()).trim() : null;
  } catch {
    return null;
  }
}

/** The offset at which an answer began. */
export function startOf(entry) {
  return Number(/^bytes (\d+)-/.exec(entry.contentRange ?? '')?.[1] ?? 0);
}

/**
 * The offsets at which a download went on after it had broken off, in its newest
 * run. Ranges that were merely fetched side by side are not among them.
 */
export function seams(entries) {
  const gets = entries.filter((entry) => entry.method === 'GET' && (entry.status === 200 || entry.status === 206));
  const first = gets.findLastIndex((entry) => startOf(entry) === 0);
  const run = gets.slice(Math.max(0, first));
  return run
    .map(startOf)
    .filter(
      (start, i) =>
        start > 0 &&
        run
          .slice(0, i)
          .some(
            (earlier) =>
              earlier.outcome !== 'complete' && startOf(earlier) < start && start <= startOf(earlier) + earlier.bytesSent,
          ),
    );
}
