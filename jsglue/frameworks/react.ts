/** `background-fetch-wasm/react`: hooks. A server renders that there is nothing, and so does the first render in the page. */

import { useMemo, useSyncExternalStore } from 'react';
import { BackgroundFetchStore, NO_BACKGROUND_FETCH, type BackgroundFetchState } from './background-fetch';
import { downloadsOf, NO_DOWNLOADS, type Downloads, type ScopeOptions } from './downloads';

export type { BackgroundFetchState } from './background-fetch';
export type { Download, Downloads, EndedDownload, ScopeOptions } from './downloads';

/** The background fetch with this id, whoever began it and when. */
export function useBackgroundFetch(id: string, { scope }: ScopeOptions = {}): BackgroundFetchState {
  const store = useMemo(() => new BackgroundFetchStore(id, downloadsOf({ scope })), [id, scope]);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => NO_BACKGROUND_FETCH);
}

/** All that are active or have ended, as the list shows them. */
export function useDownloads(options: ScopeOptions = {}): Downloads {
  const store = downloadsOf(options);
  return useSyncExternalStore(store.subscribe, store.getSnapshot, () => NO_DOWNLOADS);
}
