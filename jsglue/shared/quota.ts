/** How much this origin may still store. */

/** How many bytes more this origin may store, null where the browser does not tell. */
export async function room(): Promise<number | null> {
  const { quota, usage = 0 } = await estimate();
  return quota === undefined ? null : Math.max(0, quota - usage);
}

/** estimate() is missing in WebKitGTK, and rejects for some origins. */
export async function estimate(): Promise<StorageEstimate> {
  try {
    return (await navigator.storage?.estimate?.()) ?? {};
  } catch {
    return {};
  }
}
