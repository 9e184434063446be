import { Injectable, signal, type Signal, type WritableSignal } from '@angular/core';

export interface Progress {
  readonly downloaded: number;
  readonly result: BackgroundFetchResult;
}

/** Background fetches as signals. */
@Injectable({ providedIn: 'root' })
export class Downloads {
  readonly #shown = new Map<string, WritableSignal<Progress | null>>();

  /** How far the one with this id is, also one that was begun before a reload; null while there is none. */
  progress(id: string): Signal<Progress | null> {
    let shown = this.#shown.get(id);
    if (!shown) {
      shown = signal<Progress | null>(null);
      this.#shown.set(id, shown);
      void this.#find(id);
    }
    return shown;
  }

  async start(...[id, requests, options]: Parameters<BackgroundFetchManager['fetch']>): Promise<void> {
    const { backgroundFetch } = await navigator.serviceWorker.ready;
    this.#follow(await backgroundFetch.fetch(id, requests, options));
  }

  async #find(id: string): Promise<void> {
    const { backgroundFetch } = await navigator.serviceWorker.ready;
    const found = await backgroundFetch.get(id);
    if (found) this.#follow(found);
  }

  #follow(download: BackgroundFetchRegistration): void {
    const show = () => this.#shown.get(download.id)?.set({ downloaded: download.downloaded, result: download.result });
    download.addEventListener('progress', show);
    show();
  }
}
