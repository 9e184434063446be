/** What a site may say to the script in its worker. */

import type { LogBatch } from '../shared/log';
import type { Connections } from '../shared/network-options';
import type { RemainsOptions } from '../shared/remains';
import type { RetryOptions } from '../shared/retry';
import type { Texts } from '../shared/texts';

/** Options of the worker side, `self.backgroundFetchOptions` in classic workers. */
export interface WorkerOptions {
  /** 'prefer' (the default): where the browser has the API, do nothing at all. */
  native?: 'prefer' | 'never';
  /** URL of the Go program; by default it lies beside this script. */
  wasmURL?: string | URL;
  /**
   * The site's policy. 'granted' is the default; 'denied' lets every fetch()
   * reject with NotAllowedError; with 'prompt' each begins paused, until the user
   * agrees in what is shown.
   */
  permission?: PermissionState;
  /** What holds for retries where fetch() says nothing. */
  retry?: RetryOptions;
  /**
   * Whether a large body may be moved by several requests at a time, where the server
   * limits each connection, and measuring shows a gain. True by default.
   */
  ranges?: boolean;
  /** Whether the console tells each step of each transfer, and performance.measure() how long it took. */
  debug?: boolean;
  /**
   * Called with what happened, each entry of the log once and in order, every 2 s at most. What it
   * throws, or rejects with, the console tells; nothing else comes of it. null turns it off, also later.
   */
  onlog?: ((batch: LogBatch) => unknown) | null;
  /** The language of notifications and of the downloads page, as a BCP 47 tag; by default that of the browser. */
  lang?: string;
  /**
   * What these, and lists, say in place of our texts, by language: { de: { pause: 'Stopp' } }. Texts for de
   * are for de-AT, too. With all texts of another language it is one more.
   */
  texts?: Record<string, Partial<Texts>>;
  /** Which connections are used where fetch() says nothing. */
  network?: Connections;
  /** What all background fetches together may download, in bytes per second. 0, the default: no limit. */
  maxBandwidth?: number;
  /**
   * What is stored of a record that failed stays, so that the next background fetch for the same
   * file goes on with it: for 7 days by default, without a limit of bytes. false: nothing stays.
   */
  remains?: RemainsOptions | false;
  /**
   * What all that is kept may take: bytes, or, up to 1, a share of the quota. What is above it is
   * deleted, what was read longest ago first; never what is pinned or being read. By default
   * there is no limit.
   */
  keepMax?: number;
}
