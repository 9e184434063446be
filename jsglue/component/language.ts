/** What is known of languages: which have texts, and from which side they are written. */

/** Languages that have a file beside this script. The worker's program knows them, too. */
const LANGUAGES = ['ar', 'de', 'es', 'fr', 'hi', 'it', 'ja', 'pt', 'zh-Hans'];

/** Scripts that are written from the right. */
const FROM_RIGHT = /^(Adlm|Arab|Hebr|Nkoo|Rohg|Syrc|Thaa)$/;

/** With what is probable where the tag does not say; undefined of what is no tag. */
export function localeOf(lang: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(lang).maximize();
  } catch {
    return undefined;
  }
}

export function directionOf(lang: string): 'ltr' | 'rtl' {
  return FROM_RIGHT.test(localeOf(lang)?.script ?? '') ? 'rtl' : 'ltr';
}

/** The name of the file with the texts of a language; undefined where they are English. */
export function textsFile(lang: string): string | undefined {
  const { language, script } = localeOf(lang) ?? {};
  const name = LANGUAGES.find((one) => one === language || one === `${language}-${script}`);
  return name && `texts.${name}.json`;
}
