import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Format } from '../../jsglue/component/format';
import { directionOf, textsFile } from '../../jsglue/component/language';
import { checkTexts, fill, formFor } from '../../jsglue/component/texts';
import { TEXTS, type Texts } from '../../jsglue/shared/texts';

type Forms = Record<string, string>;

const folder = path.join(process.cwd(), 'jsglue/texts');
const languages = fs.readdirSync(folder).map((name) => name.replace('.json', ''));
const read = (language: string): Record<string, string | Forms> =>
  JSON.parse(fs.readFileSync(path.join(folder, `${language}.json`), 'utf8'));
const all: [string, Record<string, string | Forms>][] = [['en', TEXTS], ...languages.map((one) => [one, read(one)] as const)].map(
  ([language, texts]) => [language as string, texts as Record<string, string | Forms>],
);

const placeholders = (text: string): string[] => text.match(/\{\w+\}/g) ?? [];
const formsOf = (text: string | Forms): Forms => (typeof text === 'string' ? { other: text } : text);

test('there are ten languages at least, one of them written from the right', () => {
  assert.ok(all.length >= 10, languages.join());
  assert.deepEqual(
    languages.filter((one) => directionOf(one) === 'rtl'),
    ['ar'],
  );
});

for (const [language, texts] of all) {
  test(`texts in ${language}: every key, in the order of the English ones`, () => {
    assert.deepEqual(Object.keys(texts), Object.keys(TEXTS));
  });

  test(`texts in ${language}: the same placeholders, once each`, () => {
    for (const [name, english] of Object.entries(TEXTS)) {
      const wanted = placeholders(formsOf(english).other!);
      assert.deepEqual(placeholders(formsOf(texts[name]!).other!), wanted, `${language} ${name}`);
    }
  });

  test(`texts in ${language}: all plural forms that it needs, and no other`, () => {
    const rules = new Intl.PluralRules(language);
    const wanted = rules.resolvedOptions().pluralCategories;
    for (const name of ['files', 'members']) {
      const forms = formsOf(texts[name]!);
      assert.deepEqual(Object.keys(forms).sort(), [...wanted].sort(), `${language} ${name}`);
      for (const [form, text] of Object.entries(forms)) {
        // "One file" is right only where that form is for a single number.
        const numbers = Array.from({ length: 300 }, (_, n) => n).filter((n) => rules.select(n) === form);
        assert.ok(placeholders(text).length === 1 || numbers.length === 1, `${language} ${name} ${form}: ${text}`);
      }
    }
    for (const [name, text] of Object.entries(texts))
      if (!['files', 'members'].includes(name)) assert.equal(typeof text, 'string', name);
  });

  test(`texts in ${language}: short, not empty, and without spaces at the ends`, () => {
    for (const [name, text] of Object.entries(texts)) {
      for (const one of Object.values(formsOf(text))) {
        assert.equal(one.trim(), one, name);
        assert.ok(one.length > 0 && one.length <= 50, `${language} ${name}: ${one}`);
      }
    }
    for (const button of ['pause', 'resume', 'abort', 'retry', 'remove', 'save', 'discard'])
      assert.ok((texts[button] as string).length <= 16, `${language} ${button} is no word for a button: ${texts[button]}`);
  });
}

test('the file of a language', () => {
  for (const [lang, file] of [
    ['de-AT', 'de'],
    ['DE', 'de'],
    ['pt-PT', 'pt'],
    ['ar-EG', 'ar'],
    ['zh', 'zh-Hans'],
    ['zh-CN', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh-Hans-HK', 'zh-Hans'],
    ['zh-TW', undefined],
    ['zh-Hant', undefined],
    ['zh-HK', undefined],
    ['en-GB', undefined],
    ['nl', undefined],
    ['', undefined],
    ['no language!', undefined],
  ] as const) {
    assert.equal(textsFile(lang), file && `texts.${file}.json`, lang);
  }
  assert.deepEqual(
    languages.map((one) => textsFile(one)),
    languages.map((one) => `texts.${one}.json`),
  );
});

test('from which side a language is written', () => {
  for (const lang of ['ar', 'ar-EG', 'he', 'fa', 'ur', 'az-Arab', 'yi']) assert.equal(directionOf(lang), 'rtl', lang);
  for (const lang of ['en', 'de', 'zh', 'az', 'ar-Latn', '', '%']) assert.equal(directionOf(lang), 'ltr', lang);
});

test('numbers, sizes, speeds and times in each language', () => {
  const de = new Format('de');
  assert.equal(de.progress(1_500_000, 62_914_560), '1,5 / 62,9 MB');
  assert.equal(de.speed(4_200_000), '4,2 MB/s');
  assert.equal(de.duration(120), '2 Min.');
  assert.match(new Format('fr').speed(4_200_000), /^4,2\sMo\/s$/);
  assert.match(new Format('ar-EG').bytes(4_200_000), /^٤٫٢\s/);
  for (const [language, texts] of all) {
    const format = new Format(language);
    for (const n of [0, 1, 2, 3, 11, 21, 100, 1_000_000]) {
      const text = fill(formFor(texts['files'] as Texts['files'], n, language), format.count(n));
      assert.doesNotMatch(text, /[{}]|undefined/, `${language} ${n}`);
    }
  }
  assert.equal(formFor(TEXTS.files, 1, 'en'), '{count} file');
  assert.equal(formFor({ other: '{count} o' }, 1, 'en'), '{count} o', 'a form that is left out');
  assert.equal(formFor('{count} files', 1, 'en'), '{count} files', 'one for all');
});

test('what a site may say instead', () => {
  const given = { pause: 'Stopp', files: { one: 'eine', other: '{count}' }, members: '{count}' };
  assert.equal(checkTexts(given), given);
  for (const [texts, message] of [
    [{ paus: 'Stopp' }, 'BackgroundFetchList.texts: there is no text "paus".'],
    [{ toString: 'x' }, 'BackgroundFetchList.texts: there is no text "toString".'],
    [{ pause: 7 }, 'BackgroundFetchList.texts.pause is not a string.'],
    [{ pause: undefined }, 'BackgroundFetchList.texts.pause is not a string.'],
    [{ pause: { other: 'x' } }, 'BackgroundFetchList.texts.pause is not a string.'],
    [{ files: { one: 'x' } }, /files is not a string, nor an object with plural forms, with one for other\.$/],
    [{ files: null }, /files is not a string, nor/],
    [{ files: { one: 1, other: 'x' } }, /files is not a string, nor/],
  ] as const) {
    assert.throws(() => checkTexts(texts as unknown as Partial<Texts>), { name: 'TypeError', message });
  }
});
