// Puts the page together: registers the worker, finds out what can be downloaded,
// and keeps what is shown up to date.

import { Activity } from './activity.js';
import { stopTheWorker } from './calls.js';
import { Card } from './card.js';
import { showCode } from './code.js';
import { Download } from './download.js';
import { seams } from './server.js';
import * as server from './server.js';
import { forget, storedURLs } from './stored.js';

const TICK_MS = 250;
const LOG_EVERY_MS = 1000;

/** What this host has, as JSON. The demo server has its own. */
const CATALOGUE = './demo/files/catalog.json';

/** Whether the browser's own implementation is used. */
const builtIn = self.demo.native && self.backgroundFetchOptions.native !== 'never';

const $ = (id) => document.getElementById(id);
const activity = new Activity($('activity'));
const downloads = new Map(); // id -> {download, card}
let registration;

/** Why the page cannot work here, or "". */
function obstacle() {
  if (!isSecureContext) return 'Service workers need https, or localhost. Open this page at such an address.';
  if (!('serviceWorker' in navigator)) return 'This browser, or this private window, has no service workers.';
  if (!('caches' in self)) return 'This browser has no Cache API, where the downloads would be stored.';
  if (!('BackgroundFetchManager' in self)) return 'dist/page.js is not there. Run ./build.sh build first.';
  return '';
}

async function main() {
  const reason = obstacle();
  if (reason) return giveUp(reason);
  try {
    registration = await activeRegistration();
  } catch (error) {
    const built = await fetch('./dist/sw.js', { method: 'HEAD' }).catch(() => null);
    return giveUp(
      built?.ok === false
        ? 'dist/sw.js is not there. Run ./build.sh build first.'
        : `The service worker could not be registered: ${error.message}`,
    );
  }
  showImplementation();
  const [host, known] = await Promise.all([catalogue(), knownURLs()]);
  if (!host) return giveUp('demo/files is not there. Run ./build.sh build first.');
  for (const entry of host.files) add({ ...entry, url: new URL(entry.path, location).href });
  for (const url of known) if (!downloads.has(url)) add({ url, own: true });
  $('downloads').removeAttribute('aria-busy');
  new BroadcastChannel(self.demo.channel).onmessage = ({ data: { id, state } }) => heard(id, state);
  navigator.serviceWorker.addEventListener('controllerchange', () => activity.say('worker', 'The worker is in control'));
  setInterval(() => downloads.forEach(({ download }) => download.tick()), TICK_MS);
  $('own').addEventListener('submit', startOwn);
  enableBreaking(host);
  showCode($('code'), host.server);
}

function giveUp(reason) {
  $('obstacle').hidden = false;
  $('obstacle-reason').textContent = reason;
  $('works').hidden = true;
}

/** Says whose implementation runs, and offers the other one. */
function showImplementation() {
  $('implementation').textContent = builtIn
    ? 'This browser has Background Fetch built in, and the page uses that.'
    : 'Running on this project: Go, compiled to WebAssembly, in the service worker.';
  $('downloads-page').hidden = builtIn;
  if (!self.demo.native) return;
  $('switch').hidden = false;
  $('switch').textContent = builtIn ? 'Use this project instead' : 'Use the browser’s own instead';
  $('switch').href = builtIn ? '?native=never' : './';
}

/** Registers the worker of the implementation in use, and waits until it is active. */
async function activeRegistration() {
  const never = self.backgroundFetchOptions.native === 'never';
  const found = await navigator.serviceWorker.register(never ? './sw.js?native=never' : './sw.js');
  const coming = found.installing ?? found.waiting;
  if (coming) {
    await new Promise((resolve, reject) => {
      coming.addEventListener('statechange', () => {
        if (coming.state === 'activated') resolve();
        if (coming.state === 'redundant') reject(new Error('it did not start; is dist/sw.js there?'));
      });
    });
  }
  return found;
}

/**
 * {server, files}: whether this is the demo server, and what can be downloaded.
 * While the host is down, what it was last time.
 */
async function catalogue() {
  const response = await fetch(CATALOGUE, { cache: 'no-cache' }).catch(() => null);
  const key = `demo-files:${location.pathname}`;
  if (response?.ok) localStorage.setItem(key, await response.text());
  return JSON.parse(localStorage.getItem(key));
}

/** Everything that is under way or stored already. */
async function knownURLs() {
  return new Set([...(await registration.backgroundFetch.getIds()), ...(await storedURLs())]);
}

function add(entry) {
  const download = new Download(entry, registration.backgroundFetch, server);
  const card = new Card(download);
  downloads.set(entry.url, { download, card });
  $('downloads').append(card.element);
  download.addEventListener('news', ({ detail }) => {
    activity.say('page', detail);
    $('news').textContent = detail;
  });
  if (entry.own) {
    download.addEventListener('change', () => {
      if (download.state !== 'idle') return;
      card.element.remove();
      downloads.delete(entry.url);
    });
  }
  if (!entry.fresh) download.refresh();
  return download;
}

async function startOwn(event) {
  event.preventDefault();
  const url = new URL($('own-url').value);
  url.hash = '';
  $('own-url').value = '';
  if (downloads.has(url.href)) return;
  await forget(url.href);
  add({ url: url.href, own: true, fresh: true }).start();
}

/** The worker has left word about a download. */
async function heard(id, state) {
  const words = { storing: 'everything has arrived', stored: 'stored in the site’s cache', aborted: 'aborted', failed: 'failed' };
  const known = downloads.get(id);
  if (!known) return;
  await known.download.refresh();
  const reason = state === 'failed' ? `: ${known.download.reason}` : '';
  const word = `${known.download.title}: ${words[state]}${reason}`;
  activity.say('worker', word);
  $('news').textContent = word;
}

/** Wires the buttons that break things, as far as they can do so here. */
function enableBreaking({ server: demoServer, files }) {
  const buttons = { cut: $('break-cut'), stop: $('break-stop'), links: $('break-links'), worker: $('break-worker') };
  if (demoServer) {
    enable(buttons.cut, async () => {
      const answer = await server.cut();
      report('break-cut-said', said(answer, 'Connections cut'));
    });
    enable(buttons.links, async () => {
      const answer = await server.revoke();
      if (answer) activity.say('page', 'All links so far are revoked.');
      report('break-links-said', answer && !answer.broken ? 'Revoked.' : said(answer, 'Revoked. Connections cut'));
    });
    enable(buttons.stop, stopServer);
    followLog(files);
  } else {
    $('no-server').hidden = false;
    for (const button of [buttons.cut, buttons.stop, buttons.links]) button.parentElement.hidden = true;
    $('activity-note').textContent = 'On this host the page cannot see the server’s log.';
  }
  if (builtIn) {
    report('break-worker-said', 'Built in, so not in the worker.');
  } else {
    enable(buttons.worker, stopWorker);
  }
}

/** What an answer says of connections that were cut. */
function said(answer, words) {
  if (!answer) return 'The server did not answer.';
  return answer.broken ? `${words}: ${answer.broken}.` : 'Nothing was being sent.';
}

function enable(button, act) {
  button.disabled = false;
  button.addEventListener('click', act);
}

function report(id, text) {
  $(id).textContent = text;
  $(id).dataset.news = '';
}

async function stopServer() {
  const button = $('break-stop');
  const answer = await server.stop(10_000);
  if (!answer) return report('break-stop-said', 'The server did not answer.');
  activity.say('page', 'The server is stopped for 10 s.');
  button.setAttribute('aria-disabled', 'true');
  for (let left = Math.ceil(answer.stoppedMs / 1000); left > 0; left--) {
    report('break-stop-said', `It is back in ${left} s.`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  button.removeAttribute('aria-disabled');
  report('break-stop-said', 'It is back.');
}

async function stopWorker() {
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data.stopped);
    setTimeout(() => resolve(false), 3000);
  });
  stopTheWorker(registration.active, port2);
  const stopped = await answer;
  if (stopped) activity.say('page', 'The program in the worker was ended.');
  report('break-worker-said', stopped ? 'Ended. It starts again by itself.' : 'It is not running now.');
}

/** Shows the server's log while the page can be seen. */
async function followLog(files) {
  const titles = new Map(files.map(({ name, title }) => [name, title]));
  for (;;) {
    const log = document.hidden ? null : await server.log();
    if (log) {
      activity.showLog(log, titles);
      downloads.forEach(({ download, card }) => card.showSeams(seams(log[download.name] ?? [])));
    }
    await new Promise((resolve) => setTimeout(resolve, LOG_EVERY_MS));
  }
}

await main();
