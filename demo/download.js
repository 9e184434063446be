// One download, whatever its state: a model without markup.

import * as calls from './calls.js';
import { fileName, forget, knownProof, prove, readNote, storedSize } from './stored.js';

const STALLED_AFTER_MS = 3000;
const SPEED_OVER_MS = 5000;
const STORING_AT_MOST_MS = 300_000;
/** Values of a registration's `state` in which nothing moves. */
const WAITING = ['queued', 'waiting-online', 'waiting-host', 'waiting-retry', 'waiting-refresh', 'waiting-unmetered', 'paused'];

const REASONS = {
  'bad-status': 'the server answered with an error',
  'fetch-error': 'the file could not be fetched',
  'quota-exceeded': 'there is no room for it',
  'download-total-exceeded': 'larger than announced',
};

/**
 * `state` is one of
 *   idle      nothing is under way or stored
 *   starting  fetch() has been called
 *   active    under way, at byte `received` of `total` (0: not known)
 *   aborting  abort() has been called
 *   storing   all is here, the worker copies it
 *   stored    in the site's cache; `proof` says whether it is right
 *   failed    for `reason`
 * A 'change' event follows each change, and 'news' (detail: a sentence) what a
 * visitor should hear of.
 */
export class Download extends EventTarget {
  state = 'idle';
  received = 0;
  speed = 0;
  /** For how long no byte has come. */
  stalledMs = 0;
  reason = '';
  proof = null;
  /** Why it waits, as the API's `state` says it, or ''. */
  waiting = '';
  /** A Date: when it is tried again; null if it is not known, or not waited for. */
  retryAt = null;
  /** Bytes hashed so far. */
  hashed = 0;

  #manager;
  #server;
  #registration = null;
  #samples = [];
  #lastByteAt = 0;

  /** entry: {url, title, kind, size, media?, name?, sha256?}; its URL is the id, too. */
  constructor(entry, manager, server) {
    super();
    Object.assign(this, { title: fileName(entry.url), kind: 'File', size: 0, name: '' }, entry);
    this.total = this.size;
    this.#manager = manager;
    this.#server = server;
  }

  /** Finds out what has become of it: after a load, and when the worker left word. */
  async refresh() {
    // In the order in which they come about: what ends one begins the next, so a
    // download that goes on meanwhile is not missed.
    const registration = await this.#manager.get(this.url);
    const note = await readNote(this.url);
    const size = await storedSize(this.url);
    if (note?.state === 'storing') {
      if (Date.now() - note.at < STORING_AT_MOST_MS) return this.#set('storing');
      return this.#fail('the worker was stopped while it stored the file');
    }
    if (size !== null) {
      this.received = this.total = size;
      if (this.state === 'stored') return;
      this.proof = knownProof(this.url);
      this.#set('stored');
      return this.proof ?? this.#prove();
    }
    if (registration) return this.#follow(registration);
    if (note?.state === 'failed') this.#fail(note.reason);
    else if (this.state !== 'starting' && this.#registration?.result !== 'success') this.#set('idle');
  }

  async start() {
    this.#set('starting');
    this.received = this.hashed = 0;
    this.proof = null;
    await forget(this.url);
    try {
      const icons = [{ src: new URL('./icon.svg', import.meta.url).href, sizes: 'any', type: 'image/svg+xml' }];
      const link = this.name ? await this.#server.linkTo(this.url) : this.url;
      const registration = await calls.download(this.#manager, { ...this, link, icons });
      this.#say(`${this.title} started.`);
      this.#follow(registration);
    } catch (error) {
      this.#fail(error.message);
    }
  }

  async abort() {
    const registration = this.#registration;
    if (!registration) return;
    this.#registration = null; // who reads what has come lets go of it first
    this.#set('aborting');
    if (await calls.abort(registration)) this.#fail('aborted');
    else await this.refresh();
  }

  async pause() {
    await calls.pause(this.#registration);
    this.#say(`${this.title} is paused.`);
    this.tick();
  }

  async resume() {
    await calls.resume(this.#registration);
    this.#say(`${this.title} goes on.`);
    this.tick();
  }

  get paused() {
    return this.waiting === 'paused';
  }

  /** Whether it can be paused: an addition of this project to the standard. */
  get pausable() {
    return this.#registration !== null && 'pause' in this.#registration;
  }

  /** Whether the worker answers for what has come so far. */
  get readable() {
    return this.pausable && navigator.serviceWorker.controller !== null;
  }

  async delete() {
    await forget(this.url);
    this.#registration = null;
    this.proof = null;
    this.#set('idle', `${this.title} was deleted.`);
  }

  /** Seconds left, null when nobody knows. */
  get secondsLeft() {
    return this.total > 0 && this.speed > 0 && !this.waiting ? (this.total - this.received) / this.speed : null;
  }

  /** Measures; to be called a few times a second. */
  tick() {
    if (this.state !== 'active') return;
    const now = performance.now();
    const { downloaded, state, retryAt } = this.#registration;
    this.waiting = WAITING.includes(state) ? state : '';
    this.retryAt = retryAt ?? null;
    if (downloaded !== this.received) this.#lastByteAt = now;
    this.received = downloaded;
    this.#samples.push({ now, downloaded });
    while (this.#samples.length > 2 && now - this.#samples[1].now > SPEED_OVER_MS) this.#samples.shift();
    const [oldest] = this.#samples;
    this.stalledMs = now - this.#lastByteAt > STALLED_AFTER_MS ? now - this.#lastByteAt : 0;
    this.speed =
      this.stalledMs || this.waiting || now - oldest.now < 900
        ? 0
        : (1000 * (downloaded - oldest.downloaded)) / (now - oldest.now);
    this.#changed();
  }

  #follow(registration) {
    if (this.#registration === registration && this.state === 'active') return;
    this.#registration = registration;
    this.#samples = [];
    this.#lastByteAt = performance.now();
    if (registration.downloadTotal > 0) this.total = registration.downloadTotal;
    registration.onprogress = () => {
      if (registration !== this.#registration) return;
      if (registration.result === 'failure') this.#fail(registration.failureReason);
      else if (registration.result === 'success' && this.state === 'active') this.#set('storing');
    };
    registration.onstatechange = () => this.tick();
    this.#set('active');
    this.tick();
    registration.onprogress();
  }

  async #prove() {
    try {
      this.proof = await prove(
        this.url,
        () => this.sha256 ?? (this.name ? this.#server.hash(this.name) : null),
        (bytes) => {
          this.hashed = bytes;
          this.#changed();
        },
      );
    } catch (error) {
      this.proof = { error: error.message };
    }
    const { hex, expected } = this.proof;
    if (expected)
      this.#say(`${this.title}: ${hex === expected ? 'the same bytes as on the server' : 'NOT the bytes of the server'}.`);
    this.#changed();
  }

  #fail(reason) {
    this.#registration = null;
    if (reason === 'aborted') return this.#set('idle', `${this.title} was aborted.`);
    this.reason = REASONS[reason] ?? reason;
    this.#set('failed', `${this.title} failed: ${this.reason}.`);
  }

  #set(state, news) {
    const before = this.state;
    this.state = state;
    if (state !== 'active') this.waiting = '';
    if (state === 'idle') this.received = 0;
    if (state === 'storing') this.received = Math.max(this.received, this.total);
    if (news && before !== state) this.#say(news);
    this.#changed();
  }

  #say(news) {
    this.dispatchEvent(new CustomEvent('news', { detail: news }));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
