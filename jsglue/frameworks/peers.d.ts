/** What is used of React and Vue, which sites install: test/pack/types.mjs has their own types. */

declare module 'react' {
  export function useMemo<T>(make: () => T, dependencies: unknown[]): T;
  export function useSyncExternalStore<T>(
    subscribe: (listener: () => void) => () => void,
    getSnapshot: () => T,
    getServerSnapshot: () => T,
  ): T;
}

declare module 'vue' {
  export interface ShallowRef<T> {
    value: T;
  }
  export type MaybeRefOrGetter<T> = T | ShallowRef<T> | (() => T);
  export function shallowRef<T>(value: T): ShallowRef<T>;
  export function toValue<T>(value: MaybeRefOrGetter<T>): T;
  export function watch<T>(source: () => T, callback: (value: T) => void, options: { immediate: true }): void;
  export function onScopeDispose(dispose: () => void): void;
}
