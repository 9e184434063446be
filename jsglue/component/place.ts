/** The place where an element is, and its language. */

import { localeOf } from './language';

/**
 * The nearest attribute `lang`, "" where there is none, also outside of the shadow tree; and whether
 * somebody nearer, or as near, has set the direction.
 */
export function languageOf(element: HTMLElement): { lang: string; directed: boolean } {
  let directed = false;
  for (let node: Node | null = element; node; node = node.parentNode ?? (node as ShadowRoot).host ?? null) {
    const { lang, dir } = node as HTMLElement;
    directed ||= !!dir;
    if (lang && localeOf(lang)) return { lang, directed };
  }
  return { lang: '', directed };
}
