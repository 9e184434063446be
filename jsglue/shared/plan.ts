/**
 * JSON of the handler by which a body is read that lies in storage. The Go side is
 * wasm/bgfetch and wasm/httpapi; types/wire-conformance.ts compares both.
 */

import type { FailureReason } from './protocol';

export interface PlanSegment {
  key: string;
  offset: number;
  length: number;
  /** The entry is the response as it came from the network, with its url. */
  whole?: boolean;
}

export interface Plan {
  cache: string;
  segments: PlanSegment[];
  /** No bytes follow these. */
  end: boolean;
  /** No bytes follow, for this reason. */
  failed?: FailureReason;
}

/**
 * The content of an answer that has the header field STORED_BODY: the bytes that
 * are to be sent in its place. Only sw/served.ts sees it.
 */
export interface ServedBody {
  parts: Part[];
}
export const STORED_BODY = 'Bgfetch-Stored-Body';

export type Part = GivenPart | StoredPart;

export interface GivenPart {
  /** Base64. */
  bytes: string;
  /** Four bytes at `at` are the CRC-32, little-endian, of the part with the index `of`, which comes before. */
  sums?: { at: number; of: number }[];
  plan?: undefined;
}

/** Bytes from `from` up to and without `to` (-1: the end) of the body that the plans at that path are of. */
export interface StoredPart {
  plan: string;
  from: number;
  to: number;
  /**
   * The plan from `from` on, as it was when the answer was made, so that it need not be asked
   * for; without what begins at `to` or after it. Not there where there is nothing to tell yet.
   */
  first?: Plan;
}
