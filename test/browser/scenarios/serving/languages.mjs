// The list, the downloads page and the notifications in the language of the page, or of the worker.
import { openList, row } from '../../lib/list.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

const script = '/sw-texts.js';

/** Gives the page a language, and the list what it is given to say. */
const speak = (page, lang, texts) =>
  page.evaluate(
    (lang, texts) => {
      document.documentElement.lang = lang;
      if (texts) list.host().texts = texts;
    },
    lang,
    texts ?? null,
  );

/** How the list is, as soon as its heading says so. */
const heading = (page, text) =>
  page.waitFor(
    `the heading ${text}`,
    10_000,
    (text) => {
      const all = list.root().querySelector('.all');
      if (all.querySelector('h2').textContent !== text) return false;
      const item = all.querySelector('.item');
      const icon = item?.querySelector('.icon').getBoundingClientRect();
      const main = item?.querySelector('.main').getBoundingClientRect();
      return { lang: all.lang, dir: getComputedStyle(all).direction, fromRight: item ? icon.left > main.left : null };
    },
    text,
  );

scenario('the list speaks German and Arabic, and what the site says instead', { timeout: 120_000 }, async (test) => {
  const { page } = await openList(test, { script });
  const file = test.resource({ size: 24 * MiB, link: MiB });
  const files = [test.resource({ size: 1000 }).url, test.resource({ size: 2000 }).url];
  await page.evaluate(
    async (url, files) => {
      await t.startFetch('film', url, { title: 'A film', downloadTotal: 24 * 2 ** 20 });
      await t.startFetch('album', files, { title: 'An album', keep: true });
    },
    file.url,
    files,
  );
  await row(page, 'A film', (row) => row.state === 'running');
  await row(page, 'An album', (row) => row.state === 'success');
  assert.deepEqual(await heading(page, 'In progress'), { lang: 'en', dir: 'ltr', fromRight: false });

  await speak(page, 'de-AT');
  assert.deepEqual(await heading(page, 'Aktiv'), { lang: 'de-AT', dir: 'ltr', fromRight: false });
  const german = await row(page, 'A film', (row) => /B\/s · noch /.test(row.says));
  assert.deepEqual(german.buttons, ['Anhalten', 'Abbrechen']);
  assert.match(german.amount, /^[\d,]+ \/ 25,2 MB · \d+\s?%$/);
  const album = () => [...list.root().querySelectorAll('.item details:not([hidden]) summary bdi')].map((one) => one.textContent);
  assert.deepEqual(await page.evaluate(`(${album})()`), ['2 Dateien']);
  assert.equal((await row(page, 'An album')).says, 'Auf diesem Gerät gespeichert');

  // What the site says counts more, also in another language afterwards; the focus stays.
  await page.evaluate(() => list.press('Anhalten A film'));
  await row(page, 'A film', (row) => row.state === 'paused');
  await speak(page, 'de', { paused: 'Macht Pause', files: { one: 'eine Datei', other: '{count} Stück' } });
  const own = await row(page, 'A film', (row) => row.says === 'Macht Pause' && row.buttons[0] === 'Fortsetzen');
  assert.deepEqual(own.buttons, ['Fortsetzen', 'Abbrechen']);
  assert.deepEqual(await page.evaluate(`(${album})()`), ['2 Stück']);
  assert.equal(await page.evaluate(() => list.focused()), 'Fortsetzen A film');
  const refused = await page.evaluate(() => {
    try {
      list.host().texts = { paus: 'x' };
    } catch (error) {
      return `${error.name}: ${error.message}`;
    }
  });
  assert.equal(refused, 'TypeError: BackgroundFetchList.texts: there is no text "paus".');

  // The direction is that of the language, unless the site has set one.
  await speak(page, 'ar', {});
  assert.deepEqual(await heading(page, 'قيد التنفيذ'), { lang: 'ar', dir: 'rtl', fromRight: true });
  assert.equal((await row(page, 'A film')).says, 'متوقف مؤقتًا');
  assert.deepEqual(await page.evaluate(`(${album})()`), ['ملفان']);
  await page.evaluate(() => (document.documentElement.dir = 'ltr'));
  await page.waitFor(
    'the direction of the page',
    5000,
    () => getComputedStyle(list.root().querySelector('.all')).direction === 'ltr',
  );
  // Nothing is wider than its place, whatever the language.
  for (const width of ['300px', '420px', '600px', '760px']) {
    const wide = await page.evaluate((width) => {
      list.host().style.inlineSize = width;
      const inside = [...list.root().querySelectorAll('.item > .main')];
      return inside.filter((main) => [...main.children].some((child) => child.scrollWidth > main.clientWidth + 1)).length;
    }, width);
    assert.equal(wide, 0, `at ${width}`);
  }
  await page.evaluate(() => list.host().removeAttribute('style'));
  // The element's own language counts more than that of the page.
  await page.evaluate(() => list.host().setAttribute('lang', 'de'));
  assert.equal((await heading(page, 'Aktiv')).dir, 'ltr');
  // A language without texts has its numbers; what is no language counts as none.
  await page.evaluate(() => (list.host().lang = 'nl'));
  assert.equal((await heading(page, 'In progress')).lang, 'en');
  await page.evaluate(() => (list.host().lang = 'de_DE!'));
  assert.equal((await heading(page, 'قيد التنفيذ')).lang, 'ar');

  // It is there without a network from the first use on, in another list too.
  await test.server.control('stop', { ms: 60_000 });
  await page.evaluate(() => {
    const fresh = document.createElement('background-fetch-list');
    list.host().replaceWith(fresh);
  });
  await heading(page, 'قيد التنفيذ');
  await test.server.control('start');
  await page.evaluate(() => t.abort('film'));
});

scenario('texts that cannot be had: English, and the rest of the language', {}, async (test) => {
  const { page } = await openList(test, { script, worker: { without: 1 } });
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('film', url, { title: 'A film', downloadTotal: 60 * 2 ** 20 }), slow.url);
  await speak(page, 'de');
  const english = await row(page, 'A film', (row) => row.state === 'running' && /B\/s · .* left/.test(row.says));
  assert.deepEqual(english.buttons, ['Pause', 'Abort']);
  assert.match(english.amount, /^[\d,]+ \/ 62,9 MB · /);
  const spoken = await page.evaluate(async () => (await fetch('/__bgfetch__/texts?lang=de')).json());
  assert.deepEqual(spoken, { lang: 'de', texts: {}, missing: true });
  await page.evaluate(() => t.abort('film'));
});

scenario('the downloads page and the notifications speak the language of the worker', { timeout: 120_000 }, async (test) => {
  const texts = JSON.stringify({ de: { abort: 'Weg damit', files: '{count} Stück' }, en: { active: 'Not this' } });
  const { page } = await openList(test, { script, worker: { lang: 'de', texts } });
  const slow = test.resource({ size: 60 * MiB, link: MiB });
  await page.evaluate((url) => t.startFetch('film', url, { title: 'A film' }), slow.url);
  const shown = await page.waitFor('a notification', 20_000, async () => {
    const registration = await t.site();
    const labels = await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data);
      registration.active.postMessage({ type: 'shown' }, [port2]);
    });
    return labels.some(({ actions }) => actions.includes('Anhalten')) && labels;
  });
  assert.equal(shown.length, 1);
  assert.deepEqual(shown[0].actions, ['Weg damit', 'Anhalten']);
  assert.equal(shown[0].lang, 'de');
  const said = await page.evaluate(async () => {
    window.frame = await list.openPage();
    const { documentElement } = frame.contentDocument;
    return documentElement.lang;
  });
  assert.equal(said, 'de');
  const there = await page.waitFor('the page in German', 10_000, () => {
    const { title } = frame.contentDocument;
    const rows = list.rows(frame.contentDocument);
    const heading = list.root(frame.contentDocument).querySelector('h2').textContent;
    return heading === 'Aktiv' && rows.length === 1 && { title, buttons: rows[0].buttons };
  });
  assert.deepEqual(there, { title: 'Downloads', buttons: ['Anhalten', 'Weg damit'] });
  await page.evaluate(() => t.abort('film'));
});

scenario('options of a language that are wrong: a clear error', { drawn: true }, async (test) => {
  for (const [worker, message] of [
    [{ lang: 'deutsch!' }, /backgroundFetchOptions\.lang is no language, such as de or pt-BR: "deutsch!"/],
    [{ texts: '{"de":{"paus":"x"}}' }, /backgroundFetchOptions\.texts\.de: there is no text "paus"/],
  ]) {
    const { page } = await openList(test, { script, worker });
    const error = await page.evaluate(() => t.startFetch('film', '/none').then(String, (error) => String(error)));
    assert.match(error, message);
  }
});
