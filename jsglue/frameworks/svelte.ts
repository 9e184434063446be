/** `background-fetch-wasm/svelte`: readable stores. A server renders that there is nothing. */

import { BackgroundFetchStore, type BackgroundFetchState } from './background-fetch';
import { downloadsOf, type Downloads, type ScopeOptions } from './downloads';
import type { Store } from './store';

export type { BackgroundFetchState } from './background-fetch';
export type { Download, Downloads, EndedDownload, ScopeOptions } from './downloads';

/** As that of svelte/store. */
export interface Readable<T> {
  /** Calls `run` at once, and with each value that follows, until the function is called that it returns. */
  subscribe(run: (value: T) => void): () => void;
}

/** The background fetch with this id, whoever began it and when. */
export function useBackgroundFetch(id: string, options: ScopeOptions = {}): Readable<BackgroundFetchState> {
  return readable(new BackgroundFetchStore(id, downloadsOf(options)));
}

/** All that are active or have ended, as the list shows them. */
export function useDownloads(options: ScopeOptions = {}): Readable<Downloads> {
  return readable(downloadsOf(options));
}

function readable<T extends object>(store: Store<T>): Readable<T> {
  return {
    subscribe: (run) => {
      run(store.getSnapshot());
      return store.subscribe(() => run(store.getSnapshot()));
    },
  };
}
