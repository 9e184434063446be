/** What sites see of records that were kept, an addition to the standard. Types only. */

export interface KeptOptions {
  /** What follows "?" in URLs does not count. */
  ignoreSearch?: boolean;
}

/** A record that was kept. */
export interface KeptInfo {
  url: string;
  /** Of its background fetch. */
  id: string;
  title: string;
  /** URL, "" where there is none. */
  icon: string;
  /** Content-Type, "" where there is none. */
  type: string;
  /** Bytes of its body. */
  size: number;
  kept: Date;
  /** "" where it is in none. */
  group: string;
  /** When it is deleted, null where it is not by itself. */
  expires: Date | null;
  pinned: boolean;
}

/** How long what is kept stays: `keep` in the options of fetch(). */
export interface KeepOptions {
  /** A name for what belongs together. */
  group?: string;
  /** When it is deleted, a time in the future. */
  expires?: Date | number;
  /** It is never deleted for want of room. */
  pinned?: boolean;
}

/** What a background fetch may take the room of: also of what is kept and not pinned, or not. */
export type Room = 'free' | 'evict';

/** Which are to be deleted. */
export interface KeptGroup {
  group: string;
}
