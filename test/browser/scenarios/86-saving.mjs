// Downloads as files: one record, and several as a ZIP archive.
import crypto from 'node:crypto';
import zlib from 'node:zlib';
import { save, saved } from '../lib/saved.mjs';
import { assert, MiB, scenario } from '../lib/scenario.mjs';

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** The files of a ZIP archive without compression, whose sums have to be right: name -> bytes. */
function unzip(archive) {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'));
  const files = {};
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const size = archive.readUInt32LE(at + 24);
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    files[name] = archive.subarray(start, start + size);
    assert.equal(zlib.crc32(files[name]), archive.readUInt32LE(at + 16), `the sum of ${name}`);
    assert.equal(archive.readUInt32LE(start + size + 4), archive.readUInt32LE(at + 16), `the sum after ${name}`);
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

scenario('save one as a file and all as a ZIP archive, while they come', {}, async (test) => {
  const { browser, page } = await test.open({ worker: { delay: 60_000 } });
  const files = [
    test.resource({ size: 3 * MiB, link: MiB, type: 'video/mp4' }),
    test.resource({ size: 100_001, type: 'text/html' }),
    test.resource({ size: 2 * MiB, link: MiB }),
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
  const one = await saved(browser.downloads, files[0].name, files[0].size);
  assert.equal(sha256(one), await files[0].sha256());
  await save(test, page, '/__bgfetch__/ids/album/zip');
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const all = unzip(await saved(browser.downloads, 'The _album__ü.zip', total));
  assert.deepEqual(
    Object.keys(all),
    files.map(({ name }) => name),
  );
  for (const file of files) assert.equal(sha256(all[file.name]), await file.sha256(), file.name);
});
