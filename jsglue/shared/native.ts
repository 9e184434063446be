/** Whether this realm has the browser's own Background Fetch, which has no additions. */
export function isNative(): boolean {
  const prototype = (globalThis as { BackgroundFetchRegistration?: { prototype: object } }).BackgroundFetchRegistration
    ?.prototype;
  return prototype !== undefined && !('pause' in prototype);
}
