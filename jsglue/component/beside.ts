/** What needs no worker: the language of the browser, and the texts beside this script. */

import type { Spoken } from '../shared/texts';
import { VERSION } from '../shared/version';
import { localeOf, textsFile } from './language';

/** The URL of this script, as far as it is a classic one. Servers load it, too, as part of others. */
const script = (globalThis.document?.currentScript as { src?: string } | null)?.src;

/** That of the browser, some of which tell of none. */
export function browserLanguage(): string {
  return localeOf(navigator.language) ? navigator.language : 'en';
}

/** From beside this script, which the browser's cache has from then on. "" is the language of the browser. */
export async function textsBeside(lang: string): Promise<Spoken> {
  lang ||= browserLanguage();
  const file = textsFile(lang);
  if (!file || !script) return { lang, texts: {} };
  const response = await fetch(new URL(`${file}?v=${VERSION}`, script), { cache: 'force-cache' });
  if (!response.ok) throw new TypeError(`${response.url}: status ${response.status}`);
  return { lang, texts: await response.json() };
}
