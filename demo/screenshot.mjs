#!/usr/bin/env node
// Makes docs/demo.png, the moving picture of the demo in the README (an APNG), from the page itself:
//
//   ./build.sh build && node demo/screenshot.mjs
//
// Its frames follow each other as they were taken, in real time.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import UPNG from 'upng-js';
import { launch } from '../test/browser/drivers/chromium.mjs';

const root = path.resolve(import.meta.dirname, '..');
const binary = path.join(root, 'test/.cache/demo');
const viewport = { width: 1120, height: 1400, deviceScaleFactor: 0.68 };
/** Colours of the picture, and ms: between two frames, and for the last one. */
const COLOURS = 128;
const BETWEEN = 500;
const LAST = 4000;

execFileSync('go', ['build', '-o', binary, './demo/serve'], { cwd: root });
const server = spawn(binary, ['-addr', 'localhost:0', '-dir', root], { stdio: ['ignore', 'pipe', 'inherit'] });
const profileDir = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-screenshot-'));
let browser;
try {
  const url = await new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the demo server ended')));
    server.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  browser = await launch({ profileDir });
  const page = await browser.newPage(url);
  await page.page.setViewport(viewport);
  const press = (index, part) =>
    page.evaluate(
      (index, part) => document.querySelectorAll('.card')[index].querySelector(`[data-part=${part}]`).click(),
      index,
      part,
    );
  await page.waitFor('the cards', 20_000, () => document.querySelectorAll('.card').length === 3);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // a press just after the card has come is none
  const at = (index, share) =>
    page.waitFor(
      `card ${index} at ${share} %`,
      60_000,
      (index, share) => document.querySelectorAll('.card')[index].querySelector('.bar').ariaValueNow >= share,
      index,
      share,
    );
  const clip = await page.evaluate(() => {
    const { top, width, height } = document.querySelector('main').getBoundingClientRect();
    const list = document.querySelector('.wide').getBoundingClientRect().top;
    return { x: 0, y: top - 24, width: innerWidth, height: Math.min(list - top, height) + 12 };
  });
  const frames = [];
  let ended = false;
  const filming = (async () => {
    while (!ended) {
      const at = Date.now();
      frames.push({ at, picture: UPNG.decode(await page.page.screenshot({ clip })) });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, at + BETWEEN - Date.now())));
    }
  })();
  await press(1, 'action');
  await press(0, 'action');
  await at(1, 15);
  await page.evaluate(() => document.querySelector('#break-cut').click());
  await press(2, 'action');
  await at(2, 9);
  await press(2, 'pause');
  await at(0, 100);
  await new Promise((resolve) => setTimeout(resolve, 3 * BETWEEN)); // its hash is compared meanwhile
  ended = true;
  await filming;
  const { width, height } = frames[0].picture;
  const pictures = frames.map(({ picture }) => UPNG.toRGBA8(picture)[0]);
  const delays = frames.map(({ at }, index) => (index + 1 < frames.length ? frames[index + 1].at - at : LAST));
  fs.writeFileSync(path.join(root, 'docs/demo.png'), Buffer.from(UPNG.encode(pictures, width, height, COLOURS, delays)));
} finally {
  await browser?.close();
  server.removeAllListeners('exit');
  server.kill();
  fs.rmSync(profileDir, { recursive: true, force: true });
}
