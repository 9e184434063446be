// What a visitor sees of one download. Each part has its room from the start.

import * as format from './format.js';
import { Player } from './player.js';
import { save } from './stored.js';

const ACTION = {
  idle: 'Download',
  starting: 'Starting…',
  active: 'Abort',
  aborting: 'Aborting…',
  storing: 'Storing…',
  stored: 'Delete',
  failed: 'Try again',
};

/** A button pressed twice in haste must not abort what it has just started. */
const HASTE_MS = 500;

export class Card {
  #download;
  #parts = {};
  #shown = '';
  #shownAt = 0;
  #player = null;
  #seams = '';

  constructor(download) {
    this.#download = download;
    this.element = document.getElementById('card').content.firstElementChild.cloneNode(true);
    for (const part of this.element.querySelectorAll('[data-part]')) this.#parts[part.dataset.part] = part;
    const { title, kind, action, pause, save: saveButton, bar } = this.#parts;
    title.textContent = download.title;
    kind.textContent = download.size ? `${download.kind}, ${format.bytes(download.size)}` : download.kind;
    bar.setAttribute('aria-label', `Progress of ${download.title}`);
    action.addEventListener('click', () => this.#act());
    pause.addEventListener('click', () => this.#pauseOrResume());
    saveButton.addEventListener('click', () => save(download.url));
    if (download.media) this.#player = new Player(download, this.#parts.media);
    download.addEventListener('change', () => this.#render());
    this.#render();
  }

  /** Marks where the transfer went on after it had been broken. */
  showSeams(offsets) {
    const { bar } = this.#parts;
    const { total, state } = this.#download;
    if (!total || state === 'idle' || state === 'starting') offsets = [];
    if (offsets.join() === this.#seams) return;
    this.#seams = offsets.join();
    bar.querySelectorAll('.seam').forEach((seam) => seam.remove());
    for (const offset of offsets) {
      const seam = document.createElement('i');
      seam.className = 'seam';
      seam.style.insetInlineStart = `${(100 * offset) / total}%`;
      bar.append(seam);
    }
  }

  #act() {
    if (performance.now() - this.#shownAt < HASTE_MS) return;
    const download = this.#download;
    if (download.state === 'active') download.abort();
    else if (download.state === 'stored') download.delete();
    else if (download.state === 'idle' || download.state === 'failed') download.start();
  }

  #pauseOrResume() {
    const download = this.#download;
    if (download.paused) download.resume();
    else download.pause();
  }

  #render() {
    const { state, title, paused, pausable } = this.#download;
    const { action, pause, state: text, figures, proof } = this.#parts;
    if (state !== this.#shown) {
      this.#shown = state;
      this.#shownAt = performance.now();
      this.element.dataset.state = state;
      action.textContent = ACTION[state];
      action.setAttribute('aria-label', `${ACTION[state]}: ${title}`);
      action.setAttribute('aria-disabled', ['starting', 'aborting', 'storing'].includes(state));
      this.#parts.save.hidden = state !== 'stored';
    }
    const label = paused ? 'Resume' : 'Pause';
    pause.hidden = state !== 'active' || !pausable;
    if (pause.textContent !== label) {
      pause.textContent = label;
      pause.setAttribute('aria-label', `${label}: ${title}`);
    }
    this.#player?.update();
    text.textContent = this.#stateText();
    figures.textContent = this.#figures();
    this.#renderBar();
    this.#renderProof(proof);
  }

  #stateText() {
    const { state, reason, waiting, stalledMs, received, total } = this.#download;
    switch (state) {
      case 'idle':
        return 'Not downloaded';
      case 'starting':
        return 'Starting';
      case 'aborting':
        return 'Aborting';
      case 'storing':
        return 'Downloaded, storing';
      case 'stored':
        return 'Stored in this browser';
      case 'failed':
        return `Failed: ${reason}`;
    }
    if (waiting || stalledMs) return `${this.#waitingText()}${received ? `, at byte ${format.exact(received)}` : ''}`;
    return total ? `Downloading, ${Math.floor((100 * received) / total)} %` : 'Downloading';
  }

  /** Why nothing moves. */
  #waitingText() {
    const { waiting, retryAt, url } = this.#download;
    const { host } = new URL(url);
    switch (waiting) {
      case 'paused':
        return 'Paused';
      case 'queued':
        return 'Waiting for its turn';
      case 'waiting-online':
        return 'This browser is offline';
      case 'waiting-refresh':
        return 'Waiting for the site to renew the link';
      case 'waiting-unmetered':
        return 'Waiting for an unmetered connection';
      case 'waiting-host':
      case 'waiting-retry': {
        const left = retryAt - Date.now();
        return left > 0 ? `${host} does not answer; next try in ${format.seconds(left / 1000)}` : `Asks ${host} again`;
      }
    }
    return `Waiting for ${host}`;
  }

  #figures() {
    const { state, received, speed, secondsLeft, stalledMs, paused } = this.#download;
    if (state === 'stored' || state === 'storing') return format.bytes(received);
    if (state !== 'active') return '';
    const parts = [format.bytes(received)];
    if (stalledMs && !paused) parts.push(`no byte for ${format.seconds(stalledMs / 1000)}`);
    if (speed) parts.push(`${format.bytes(speed)}/s`);
    if (secondsLeft !== null) parts.push(`${format.seconds(secondsLeft)} left`);
    return parts.join(' · ');
  }

  #renderBar() {
    const { state, received, total, waiting, stalledMs } = this.#download;
    const { bar, fill } = this.#parts;
    const share = state === 'stored' || state === 'storing' ? 1 : total ? Math.min(1, received / total) : 0;
    fill.style.transform = `scaleX(${share})`;
    this.element.toggleAttribute('data-stalled', state === 'active' && (waiting !== '' || stalledMs > 0));
    this.element.toggleAttribute('data-endless', state === 'starting' || (state === 'active' && !total));
    if (total || share === 1) bar.setAttribute('aria-valuenow', Math.floor(100 * share));
    else bar.removeAttribute('aria-valuenow');
    bar.setAttribute('aria-valuetext', this.#stateText());
  }

  #renderProof(element) {
    const { state, proof, hashed, total } = this.#download;
    let text = 'SHA-256 is computed once the file is complete';
    let hash = '';
    let verdict = '';
    let kind = '';
    if (state === 'stored' && !proof) text = `Computing SHA-256, ${total ? Math.floor((100 * hashed) / total) : 0} %`;
    if (state === 'stored' && proof?.error) text = `SHA-256 could not be computed: ${proof.error}`;
    if (state === 'stored' && proof?.hex) {
      text = 'SHA-256';
      hash = `${proof.hex.slice(0, 12)}…${proof.hex.slice(-12)}`;
      [verdict, kind] =
        proof.expected === null
          ? ['no hash to compare with', 'unknown']
          : proof.hex === proof.expected
            ? ['same as on the server', 'good']
            : ['NOT the same as on the server', 'bad'];
    }
    const [label, sum, mark] = element.children;
    label.textContent = text;
    sum.textContent = hash;
    mark.textContent = verdict;
    mark.dataset.verdict = kind;
    element.title = kind ? proof.hex : '';
  }
}
