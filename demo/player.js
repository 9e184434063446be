// A picture or a sound in a card: while it comes from the path of its body, and
// from the cache of the site when it is stored there.

import { playWhileItComes } from './calls.js';
import { playableURL } from './stored.js';

const AGAIN_AFTER_MS = 2000;

export class Player {
  #download;
  #room;
  #element = null;
  /** Where it comes from: '', 'body' or 'stored'. */
  #source = '';

  /** room: the element to put it in. */
  constructor(download, room) {
    this.#download = download;
    this.#room = room;
    room.classList.add(download.media);
    room.hidden = false;
  }

  /** To be called when the download has changed. */
  update() {
    const wanted = this.#wanted();
    if (wanted === this.#source) return;
    if (wanted === '') return this.#remove();
    // What sounds is not interrupted: #catchUp changes over when it pauses.
    if (this.#element && !this.#element.paused && !this.#element.error) return;
    this.#load(wanted);
  }

  #wanted() {
    const { state, received, readable } = this.#download;
    if (state === 'stored') return 'stored';
    if (state === 'storing') return this.#source;
    return state === 'active' && readable && received > 0 ? 'body' : '';
  }

  async #load(source) {
    this.#source = source;
    const element = (this.#element ??= this.#make());
    const { currentTime, paused, ended } = element;
    if (source === 'body') playWhileItComes(element, this.#download.url);
    else element.src = await playableURL(this.#download.url);
    if (!element.isConnected) this.#room.append(element);
    if (currentTime > 0 && !ended)
      element.addEventListener('loadedmetadata', () => (element.currentTime = currentTime), { once: true });
    if (paused === false && !ended) element.play().catch(() => {}); // the visitor may have to press it again
  }

  #make() {
    const { media, title } = this.#download;
    if (media === 'picture') {
      const image = new Image();
      image.alt = 'Hills behind hills at dusk, with a low sun';
      return image;
    }
    const audio = new Audio();
    audio.controls = true;
    audio.preload = 'auto';
    audio.setAttribute('aria-label', title);
    for (const type of ['pause', 'seeking', 'error']) audio.addEventListener(type, () => this.#catchUp(audio));
    return audio;
  }

  /** Changes over to what is stored, or begins again after an error. */
  #catchUp(audio) {
    if (audio !== this.#element) return;
    const wanted = this.#wanted();
    if (wanted !== '' && wanted !== this.#source) return this.#load(wanted);
    if (!audio.error || wanted === '') return;
    setTimeout(() => {
      if (audio === this.#element && audio.error && this.#source !== '') this.#load(this.#wanted() || this.#source);
    }, AGAIN_AFTER_MS);
  }

  /** Also ends the request for its bytes. */
  #remove() {
    const element = this.#element;
    this.#source = '';
    this.#element = null;
    element.remove();
    element.removeAttribute('src');
    element.load?.();
  }
}
