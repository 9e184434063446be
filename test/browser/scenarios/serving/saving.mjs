// Downloads as files: one record, and several as a ZIP archive.
import { memoryBytes, watchMemory } from '../../../bench/meter.mjs';
import { save, savedFile, sha256File } from '../../lib/saved.mjs';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';
import { unzip } from '../../lib/zip.mjs';

scenario('save one as a file and all as a ZIP archive, while they come', {}, async (test) => {
  const { browser, page } = await test.open({ worker: { delay: 60_000 } });
  const files = [
    test.resource({ size: 3 * MiB, link: MiB, type: 'video/mp4' }),
    test.resource({ size: 100_001, type: 'text/html' }),
    test.resource({ size: 2 * MiB, link: MiB, disposition: 'attachment; filename="über 日本.bin"' }),
  ];
  await page.evaluate(
    (urls) => t.startFetch('album', urls, { title: 'The <album>/ü' }),
    files.map(({ url }) => url),
  );
  await page.waitFor('the heads', 20_000, async () => {
    const records = await Promise.all([0, 1, 2].map(async (i) => (await fetch(`/__bgfetch__/ids/album/records/${i}`)).json()));
    return records.every(({ length }) => length > 0);
  });
  await save(test, page, '/__bgfetch__/ids/album/records/0/body?download');
  const one = await savedFile(browser.downloads, files[0].name, files[0].size);
  assert.equal(await sha256File(one), await files[0].sha256());
  await save(test, page, '/__bgfetch__/ids/album/zip');
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const all = unzip(await savedFile(browser.downloads, 'The _album__ü.zip', total));
  // The last has the name that its server wrote, in UTF-8.
  const names = [files[0].name, files[1].name, 'über 日本.bin'];
  const expected = files.map(async ({ size, sha256 }, i) => ({ name: names[i], size, sha256: await sha256() }));
  assert.deepEqual(all, await Promise.all(expected));
});

scenario('one that was saved in part goes on by Range', {}, async (test) => {
  const { page } = await test.open({ worker: { delay: 60_000 } });
  const file = test.resource({ size: 6 * MiB, link: 2 * MiB, type: 'video/mp4' });
  await page.evaluate((url) => t.startFetch('film', url), file.url);
  const got = await page.evaluateFor(
    60_000,
    async (path) => {
      /** What a download manager has when its connection breaks after so many bytes. */
      const save = async (headers, limit = Infinity) => {
        const abort = new AbortController();
        const response = await fetch(path, { headers, signal: abort.signal });
        const parts = [];
        let size = 0;
        const reader = response.body.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          parts.push(value);
          size += value.byteLength;
          if (size < limit) continue;
          abort.abort();
          break;
        }
        const fields = ['content-range', 'content-disposition', 'etag', 'accept-ranges'];
        return { parts, size, status: response.status, fields: fields.map((name) => response.headers.get(name)) };
      };
      const parts = [];
      const answers = [];
      let size = 0;
      for (const limit of [1, 3e6, Infinity]) {
        const headers = size > 0 ? { Range: `bytes=${size}-`, 'If-Range': answers[0].fields[2] } : {};
        const part = await save(headers, limit);
        parts.push(...part.parts);
        answers.push({ from: size, status: part.status, fields: part.fields });
        size += part.size;
      }
      const other = await save({ Range: 'bytes=5-', 'If-Range': '"another file"' });
      const body = await new Blob(parts).arrayBuffer();
      return { answers, size, sha256: await sha256(body), other: [other.status, other.size] };
    },
    '/__bgfetch__/ids/film/records/0/body?download',
  );
  const [{ fields }] = got.answers;
  assert.deepEqual(fields.slice(0, 2), [null, `attachment; filename=${file.name}`]);
  assert.deepEqual(
    got.answers.map(({ status }) => status),
    [200, 206, 206],
  );
  for (const answer of got.answers.slice(1)) {
    assert.deepEqual(answer.fields, [`bytes ${answer.from}-${file.size - 1}/${file.size}`, ...fields.slice(1)]);
  }
  assert.deepEqual([got.size, got.sha256], [file.size, await file.sha256()]);
  assert.deepEqual(got.other, [200, file.size]);
});

/** What saving may add to the memory of the browser, whatever the size. WebKit lets garbage grow before it collects. */
const more = (browser) => (browser === 'webkit' ? 1024 : 400) * MiB;

scenario(
  'saving takes the same memory for a small file, a large one, and an archive of more than 4 GiB',
  { onlyLong: true, longTimeout: 1_200_000 },
  async (test) => {
    const { browser, page } = await test.open({ own: true, worker: { read: 0 } });
    const limit = more(test.driver.name);
    const small = test.resource({ size: 8 * MiB });
    const large = test.resource({ size: 512 * MiB });
    await page.evaluate((url) => t.startFetch('small', url, { keep: true }), small.url);
    await page.evaluate((url) => t.startFetch('large', url, { keep: true }), large.url);
    for (const id of ['small', 'large']) assert.equal((await test.event(id, 300_000)).type, 'backgroundfetchsuccess');
    await page.waitFor('both to be kept', 30_000, async () => {
      const { records } = await (await fetch('/__bgfetch__/kept')).json();
      return records.length === 2;
    });
    /** Saves it and looks at the memory of all processes of the browser; a case for the report. */
    const measure = async (what, path, name) => {
      const size = await page.evaluate(
        async (path) => Number((await fetch(path, { method: 'HEAD' })).headers.get('content-length')),
        path,
      );
      const before = memoryBytes(browser);
      const began = Date.now();
      const stop = watchMemory(browser);
      let grown;
      let file;
      try {
        await save(test, page, path);
        file = await savedFile(browser.downloads, name, size, 600_000);
      } finally {
        grown = stop() - before;
      }
      const [bytes, was, by] = [size, before, grown].map((bytes) => `${(bytes / 1e6).toFixed()} MB`);
      const error = grown > limit ? new Error(`that is more than ${limit / 1e6} MB`) : undefined;
      const ms = Date.now() - began;
      return { file, size, case: { name: `${what} of ${bytes}: the browser has ${was}, and grows by ${by}`, ms, error } };
    };
    const cases = [];
    for (const [what, id, { name, sha256 }] of [
      ['a small file', 'small', small],
      ['a large file', 'large', large],
    ]) {
      const saved = await measure(what, `/__bgfetch__/ids/${id}/records/0/body?download`, name);
      assert.equal(await sha256File(saved.file), await sha256());
      cases.push(saved.case);
    }
    const names = Array.from({ length: 9 }, (_, i) => (i === 0 ? large.name : `${large.name} (${i + 1})`));
    const query = names.map(() => 'record=0').join('&');
    const archive = await measure('an archive', `/__bgfetch__/ids/large/zip?${query}`, 'large.zip');
    cases.push(archive.case);
    assert.ok(archive.size > 2 ** 32);
    const sha256 = await large.sha256();
    assert.deepEqual(
      unzip(archive.file),
      names.map((name) => ({ name, size: large.size, sha256 })),
    );
    return cases;
  },
);
