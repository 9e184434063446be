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
}
