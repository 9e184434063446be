/**
 * BackgroundFetchOptions and BackgroundFetchUIOptions, converted as Web IDL
 * does: members in the order of the standard, unknown ones ignored.
 */

import { toNetworkOptions } from './network-options';
import type { KeepOptions, Room } from './kept-info';
import { toGroup } from './group-name';
import { toPieces, type Pieces } from './pieces';
import { MAX_LENGTH, type FetchInit, type StoredImage } from './protocol';
import { refuse } from './refuse';
import { resolveURL } from './resolve-url';
import { toRetryOptions, withDefaultRetry } from './retry';
import { isObject, toDictionary, toDOMString, toSequence, toUnsignedLongLong } from './webidl';
import { toWire } from './wire-text';

/** Absent members are those the site did not give. */
export interface UIOptions {
  icons?: StoredImage[];
  /** As it travels on the wire. */
  title?: string;
}

/** Source: https://wicg.github.io/background-fetch/#dictdef-backgroundfetchuioptions */
export function toUIOptions(value: unknown): UIOptions {
  const dictionary = toDictionary(value, 'options');
  const result: UIOptions = {};
  const { icons } = dictionary;
  if (icons !== undefined) result.icons = toSequence(icons, 'options.icons', toImage).filter((icon) => icon.src);
  const { title } = dictionary;
  if (title !== undefined) result.title = toWire(toDOMString(title));
  return result;
}

/** `pieces` by the URLs of requests, which keep them. */
type Converted = { init: Omit<FetchInit, 'uniqueId' | 'id' | 'requests'>; pieces: Map<string, Pieces> };

/** Source: https://wicg.github.io/background-fetch/#dictdef-backgroundfetchoptions */
export function toFetchOptions(value: unknown): Converted {
  const { icons = [], title = '' } = toUIOptions(value);
  const dictionary = toDictionary(value, 'options');
  const { downloadTotal = 0 } = dictionary;
  // Beyond this JSON would not be exact; no disk has room for either.
  const total = Math.min(toUnsignedLongLong(downloadTotal), MAX_LENGTH);
  const { pieces, ...additions } = toAdditions(dictionary);
  return { init: { icons, title, downloadTotal: total, ...additions }, pieces };
}

/** `keep`, whose members may say for how long. The program refuses what is none. */
function toKeep(keep: unknown): Pick<FetchInit, 'keep' | 'retention'> {
  if (!isObject(keep)) return { keep: keep as boolean };
  const { group, pinned, expires = 0 }: KeepOptions = keep;
  if (Number.isNaN(+expires)) refuse('options.keep.expires', 'a time', expires);
  return {
    keep: true,
    retention: { group: optionalGroup(group, 'options.keep.group'), pinned, expires: +expires },
  };
}

const optionalGroup = (group: unknown, what: string) => (group === undefined ? undefined : toGroup(group, what));

/** The members that are not in the standard, see docs/additions.md. Nothing of them is guessed at. */
function toAdditions(
  dictionary: Record<string, unknown>,
): Omit<Converted['init'], 'icons' | 'title' | 'downloadTotal'> & Pick<Converted, 'pieces'> {
  const { paused = false, pieces, retry, room } = dictionary;
  if (typeof paused !== 'boolean') refuse('options.paused', 'true or false', paused);
  return {
    ...toNetworkOptions(dictionary, 'options'),
    ...toKeep(dictionary.keep),
    group: optionalGroup(dictionary.group, 'options.group'),
    room: room as Room,
    paused,
    pieces: toPieces(pieces),
    retry: withDefaultRetry(toRetryOptions(retry, 'options.retry')),
  };
}

/** ImageResource. Its URL is resolved here, "" where it does not parse. */
function toImage(value: unknown): StoredImage {
  const dictionary = toDictionary(value, 'An icon');
  const text = (member: string): string | undefined => {
    const read = dictionary[member];
    return read === undefined ? undefined : toDOMString(read);
  };
  const label = text('label');
  const sizes = text('sizes');
  const src = text('src');
  if (src === undefined) throw new TypeError('An icon needs the member src.');
  return { label, sizes, src: resolveURL(src), type: text('type') };
}
