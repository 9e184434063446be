/** What records and their bodies need of their background fetch. */

import type { Transport } from './transport';

/** A body with bytes still to come. */
export interface OpenBody {
  /** See StoredBody.hold(). */
  hold(): Promise<unknown>;
}

export interface BodySource {
  transport: Transport;
  /** The site's, where the errors are for people. */
  id?: string;
  /** `fetches/<uniqueId>` */
  path: string;
  open: Set<OpenBody>;
}
