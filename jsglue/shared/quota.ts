/** How much this origin may still store. */

/** How many bytes more this origin may store, and how many in all; null where the browser does not tell. */
export async function room(): Promise<{ free: number; quota: number } | null> {
  const { quota, usage = 0 } = await estimate();
  return quota === undefined ? null : { free: Math.max(0, quota - usage), quota };
}

/** estimate() is missing in WebKitGTK, and rejects for some origins. */
export async function estimate(): Promise<StorageEstimate> {
  try {
    return (await navigator.storage?.estimate?.()) ?? {};
  } catch {
    return {};
  }
}
