// The demo, from a plain file server and below a path. It is in a frame, so that all
// drivers can look into it.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { start, within } from '../../lib/processes.mjs';
import { save, savedFile, sha256File } from '../../lib/saved.mjs';
import { directories as usual, root } from '../../lib/server.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';

/** What Chromium's console says when page.js asks the policy of the page (docs/troubleshooting.md). */
const isAsking = (text, url) =>
  text.includes('only-asking-the-policy.background-fetch.invalid') ||
  (url?.endsWith('/dist/page.js') && /^Fetch API cannot load .* violates the document's Content Security Policy/.test(text));

/** A page with the demo in a frame; `errors` is what its console has of them, where the driver tells. */
async function openDemo(test, directories = {}) {
  const server = await test.ownServer({ ...usual, '/some/path/': root, ...directories });
  const browser = await test.sharedBrowser();
  const page = await browser.newPage(test.pageURL(undefined, { server }));
  const errors = [];
  page.page?.on('console', (message) => {
    const { url } = message.location() ?? {};
    if (message.type() === 'error' && !url?.endsWith('/favicon.ico') && !isAsking(message.text(), url))
      errors.push(`${message.text()} ${url}`);
  });
  page.page?.on('pageerror', (error) => errors.push(String(error)));
  await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.src = '/some/path/';
    frame.width = 320;
    frame.height = 700;
    document.body.append(frame);
    window.demo = {
      document: () => frame.contentDocument,
      cards: () => [...frame.contentDocument.querySelectorAll('.card')],
      card: (title) => demo.cards().find((card) => demo.part(card, 'title').textContent === title),
      part: (card, name) => card.querySelector(`[data-part=${name}]`),
      text: (title, name) => demo.part(demo.card(title), name).textContent,
      state: (title) => demo.card(title).dataset.state,
    };
  });
  await page.waitFor('the demo', 30_000, () => demo.document().querySelector('#downloads:not([aria-busy])') !== null);
  return { server, browser, page, errors };
}

/** Presses a button of a card, by the keyboard where the driver has one. */
async function press(page, title, name) {
  // A press soon after the one before would be taken for a double one.
  await new Promise((resolve) => setTimeout(resolve, 600));
  const keyboard = page.page?.keyboard;
  await page.evaluate(
    (title, name, click) => {
      const button = demo.part(demo.card(title), name);
      if (button.hidden) throw new Error(`there is no button "${name}"`);
      if (click) button.click();
      else button.focus();
    },
    title,
    name,
    !keyboard,
  );
  await keyboard?.press('Enter');
}

const stored = (page, title) =>
  page.waitFor(
    `"${title}" to be stored and proved`,
    60_000,
    (title) =>
      demo.state(title) === 'stored' && /same as on the server/.test(demo.text(title, 'proof')) && demo.text(title, 'proof'),
    title,
  );

scenario('the demo from a plain file server, below a path', {}, async (test) => {
  const { page, errors } = await openDemo(test);
  const program = 'This project’s program';
  const titles = await page.evaluate(() => demo.cards().map((card) => demo.part(card, 'title').textContent));
  assert.deepEqual(titles, ['Hills at dusk', 'Slow evening', program]);
  await press(page, program, 'action');
  await press(page, 'Hills at dusk', 'action');
  for (const title of [program, 'Hills at dusk']) assert.match(await stored(page, title), / same as on the server$/);
  await page.waitFor('both in the list', 20_000, () => {
    const rows = demo.document().querySelector('background-fetch-list').shadowRoot.querySelectorAll('li');
    return ['bgfetch.wasm is here', 'picture.png is here'].every((title) =>
      [...rows].some((row) => row.textContent.includes(title)),
    );
  });
  const found = await page.evaluate(async () => {
    const links = [...demo.document().querySelectorAll('a[href]')].filter((link) => !link.hidden);
    const answers = await Promise.all(
      links.map(async ({ href }) => [href, (await demo.document().defaultView.fetch(href)).status]),
    );
    return {
      answers,
      code: [...demo.document().querySelectorAll('#code pre')].map((pre) => pre.textContent),
      width: demo.document().documentElement.scrollWidth,
      image: demo.document().querySelector('.card img').naturalWidth,
    };
  });
  assert.ok(
    found.answers.some(([href]) => href.endsWith('/some/path/__bgfetch__/')),
    'a link to the downloads page',
  );
  assert.deepEqual(
    found.answers.filter(([, status]) => status !== 200),
    [],
  );
  assert.match(found.code[0], /backgroundFetch\.fetch\(url, \[link\]/);
  assert.ok(found.width <= 320, `it is ${found.width} px wide`);
  assert.equal(found.image, 1600);
  assert.deepEqual(errors, []);
});

scenario(
  'the demo plays what is still coming, to the end and back, saves it, pauses it, and says why it waits',
  {},
  async (test) => {
    const size = 12 * MiB;
    const directory = test.temporaryDirectory();
    const catalogue = path.join(directory, 'catalog.json');
    const offer = (files) => fs.writeFileSync(catalogue, JSON.stringify({ server: false, files }));
    offer([]);
    const { server, browser, page } = await openDemo(test, { '/some/path/demo/files/': directory });
    const clip = test.resource({ server, size, rate: MiB, wav: 1, type: 'audio/wav' });
    const { pathname, search } = new URL(clip.url);
    offer([{ path: pathname + search, title: 'Clip', kind: 'Sound', media: 'audio', size, sha256: await clip.sha256() }]);
    await page.evaluate(() => demo.document().location.reload());
    await page.waitFor('the card', 30_000, () => demo.cards().length === 1);

    await press(page, 'Clip', 'action');
    const playing = await page.waitFor('it to play', 20_000, async () => {
      const audio = demo.card('Clip').querySelector('audio');
      return audio?.duration > 0 && { state: demo.state('Clip'), duration: audio.duration };
    });
    assert.equal(playing.state, 'active', 'while it is coming');
    assert.ok(Math.abs(playing.duration - size / 44_100) < 1, `${playing.duration} s`);

    await page.evaluate(async () => {
      const audio = demo.card('Clip').querySelector('audio');
      audio.muted = true; // what has a sound may not begin by itself
      await audio.play();
    });
    await page.waitFor('it to be heard', 20_000, () => demo.card('Clip').querySelector('audio').currentTime > 0.5);
    await page.evaluate(() => demo.card('Clip').querySelector('audio').pause());

    const at = await page.evaluateFor(60_000, async () => {
      const audio = demo.card('Clip').querySelector('audio');
      const seek = (to) =>
        new Promise((resolve) => {
          audio.addEventListener('seeked', () => resolve(Math.round(audio.currentTime)), { once: true });
          audio.currentTime = to;
        });
      return [await seek(audio.duration - 2), await seek(1), demo.state('Clip')];
    });
    assert.deepEqual(at, [Math.round(playing.duration - 2), 1, 'active']);
    const shown = await page.waitFor('it on the downloads page', 20_000, () => {
      window.downloads ??= document.body.appendChild(
        Object.assign(document.createElement('iframe'), { src: '/some/path/__bgfetch__/' }),
      );
      const row = downloads.contentDocument.querySelector('background-fetch-list')?.shadowRoot?.querySelector('.item');
      const buttons = row && [...row.querySelectorAll('button')].map(({ textContent }) => textContent);
      return buttons && { title: row.querySelector('.title').textContent, buttons, save: row.querySelector('a.button').href };
    });
    assert.deepEqual([shown.title, shown.buttons], ['Clip', ['Pause', 'Abort']]);

    await press(page, 'Clip', 'pause');
    await page.waitFor('the pause', 10_000, () => /^Paused, at byte [\d,]+$/.test(demo.text('Clip', 'state')));
    assert.equal(await page.evaluate(() => demo.text('Clip', 'pause')), 'Resume');
    await server.control('stop', { ms: 60_000 });
    await press(page, 'Clip', 'pause');
    await page.waitFor('a reason', 20_000, () =>
      /^127\.0\.0\.1:\d+ does not answer; next try in \d+ s, at byte [\d,]+$/.test(demo.text('Clip', 'state')),
    );
    await save(test, page, shown.save); // waits for the rest, too
    await server.control('start');
    await stored(page, 'Clip');
    assert.equal(await sha256File(await savedFile(browser.downloads, clip.name, size)), await clip.sha256());
  },
);

// The page is of the demo's server alone, so a driver has to look into pages of any origin: that of
// WebKitGTK does not.
scenario(
  'the demo from its own server: links that are revoked',
  { drawn: true, browsers: ['chromium', 'firefox'] },
  async (test) => {
    const binary = path.join(root, 'test/.cache/demo');
    execFileSync('go', ['build', '-o', binary, './demo/serve'], { cwd: root });
    const server = start(binary, ['-addr', 'localhost:0', '-dir', root], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const answer = new Promise((resolve) => server.stdout.once('data', (line) => resolve(String(line).trim())));
      const browser = await test.launch();
      const page = await browser.newPage(await within(20_000, "the demo's server", answer));
      const clip = (...args) =>
        page.waitFor(
          ...args.slice(0, 2),
          `() => {
      const cards = [...document.querySelectorAll('.card')];
      const card = cards.find((card) => card.querySelector('h3').textContent === 'Slow evening');
      const part = (name) => card.querySelector(\`[data-part=\${name}]\`);
      return card && (${args[2]})(card, part);
    }`,
        );
      await clip('the card', 30_000, (card, part) => part('action').textContent === 'Download');
      await new Promise((resolve) => setTimeout(resolve, 600));
      await clip('a press', 5_000, (_, part) => (part('action').click(), true));
      await clip('a tenth', 30_000, (_, part) => part('bar').ariaValueNow >= 10);
      await page.evaluate(() => document.querySelector('#break-links').click());
      await clip('it to be proved', 60_000, (_, part) => /same as on the server/.test(part('proof').textContent));
      const seen = () => [...document.querySelectorAll('#activity li span')].map((row) => row.textContent);
      const rows = (await page.evaluate(seen)).filter((row) => row.startsWith('Slow evening: ')).reverse();
      const server403 = rows.findIndex((row) => row.endsWith('answered with 403'));
      assert.ok(server403 >= 0, rows.join('\n'));
      assert.match(rows[server403 + 1], /^Slow evening: continued at byte [\d,]+; .* complete$/, rows.join('\n'));
    } finally {
      server.kill();
    }
  },
);
