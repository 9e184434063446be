/** What the additions tell sites. */

/**
 * What a background fetch does, or why it does nothing. `statechange` is fired at
 * the registration when it changes.
 */
export type State =
  | 'queued'
  | 'running'
  | 'waiting-online'
  | 'waiting-host'
  | 'waiting-retry'
  | 'waiting-refresh'
  | 'waiting-unmetered'
  | 'paused'
  | 'settled';

/** What a site has of its origin's storage. */
export interface StorageGrant {
  /** Whether the browser deletes nothing of it unless the user asks. */
  persisted: boolean;
  /** Bytes, null where the browser does not tell. */
  quota: number | null;
  usage: number | null;
}
