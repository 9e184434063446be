// What the examples download, and a page that does.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

export const SIZE = 3_000_000;

export function writeClip(directory) {
  fs.mkdirSync(path.join(directory, 'media'), { recursive: true });
  fs.writeFileSync(path.join(directory, 'media/clip.bin'), Buffer.alloc(SIZE, 'clip'));
}

export async function downloads(page) {
  await page.evaluate(forgetStored);
  // A server's HTML has a button that does nothing yet.
  await page.waitFor('the button', 20_000, () => document.querySelector('button:enabled') !== null);
  await page.evaluate(() => document.querySelector('button').click());
  await isDownloaded(page);
}

/**
 * A copy of an earlier download would pass for the new one. And WebKitGTK's network process dies of an entry that is
 * read while it is overwritten (docs/observations.md).
 */
async function forgetStored() {
  const url = new URL('media/clip.bin', location);
  for (const name of await caches.keys()) await (await caches.open(name)).delete(url);
}

/** The same beside Workbox. */
export async function precached(page) {
  await downloads(page);
  const names = await page.evaluate(() => caches.keys());
  assert.ok(
    names.some((name) => name.includes('precache')),
    String(names),
  );
}

/** That the page shows so, and the worker has stored it. */
export async function isDownloaded(page) {
  const done = (text) => document.querySelector('output').textContent === text;
  await page.waitFor('the download', 60_000, done, `success ${SIZE}`);
  const stored = async () => {
    const response = await caches.match(new URL('media/clip.bin', location));
    return response && (await response.arrayBuffer()).byteLength;
  };
  await page.waitFor('what the worker stored', 30_000, stored);
  assert.equal(await page.evaluate(stored), SIZE);
}
