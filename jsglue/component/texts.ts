/** How the texts are used, and checked where a site replaces some. */

import { TEXTS, type Texts } from '../shared/texts';

/** Puts a value in the place of {name}. */
export function fill(text: string, value: string): string {
  return text.replace(/\{\w+\}/, () => value);
}

/** The form of a text for that number. */
export function formFor(text: Texts['files'], n: number, language: string | undefined): string {
  return typeof text === 'string' ? text : (text[new Intl.PluralRules(language).select(n)] ?? text.other);
}

/** Throws a TypeError that names what is wrong. */
export function checkTexts(texts: Partial<Texts>): Partial<Texts> {
  for (const [name, text] of Object.entries(texts)) {
    const english = Object.hasOwn(TEXTS, name) && TEXTS[name as keyof Texts];
    if (!english) throw new TypeError(`BackgroundFetchList.texts: there is no text "${name}".`);
    const plural = typeof english === 'object';
    const forms = plural && typeof text === 'object' && text ? [text.other, ...Object.values(text)] : [text];
    if (forms.some((form) => typeof form !== 'string')) {
      const or = plural ? ', nor an object with plural forms, with one for other' : '';
      throw new TypeError(`BackgroundFetchList.texts.${name} is not a string${or}.`);
    }
  }
  return texts;
}
