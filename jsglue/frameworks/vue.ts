/** `background-fetch-wasm/vue`: composables. A server renders that there is nothing. */

import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue';
import { BackgroundFetchStore, NO_BACKGROUND_FETCH, type BackgroundFetchState } from './background-fetch';
import { downloadsOf, NO_DOWNLOADS, type Downloads, type ScopeOptions } from './downloads';
import type { Store } from './store';

export type { BackgroundFetchState } from './background-fetch';
export type { Download, Downloads, EndedDownload, ScopeOptions } from './downloads';

/** A shallow ref that is only read. */
export type ReadonlyRef<T> = Readonly<ShallowRef<T>>;

/** The background fetch with this id, whoever began it and when. The id may be a ref or a getter. */
export function useBackgroundFetch(id: MaybeRefOrGetter<string>, options: ScopeOptions = {}): ReadonlyRef<BackgroundFetchState> {
  const state = shallowRef(NO_BACKGROUND_FETCH);
  let unsubscribe = (): void => {};
  const follow = (id: string): void => {
    unsubscribe();
    unsubscribe = show(new BackgroundFetchStore(id, downloadsOf(options)), state);
  };
  watch(() => toValue(id), follow, { immediate: true });
  onScopeDispose(() => unsubscribe());
  return state;
}

/** All that are active or have ended, as the list shows them. */
export function useDownloads(options: ScopeOptions = {}): ReadonlyRef<Downloads> {
  const downloads = shallowRef(NO_DOWNLOADS);
  onScopeDispose(show(downloadsOf(options), downloads));
  return downloads;
}

/** Until the function is called that it returns. */
function show<T extends object>(store: Store<T>, ref: ShallowRef<T>): () => void {
  const update = (): void => void (ref.value = store.getSnapshot());
  update();
  return store.subscribe(update);
}
