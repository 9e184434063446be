/**
 * Transfers: one request each, whose response body is moved into the cache of
 * its background fetch, segment by segment (see Transfer in wasm/bgfetch/network.go).
 */

import { within } from '../shared/deadline';
import type { Head, StoredRequest } from '../shared/protocol';
import { storedRequestBody } from '../shared/request-body';
import { settingsOf } from '../shared/stored-request';
import { digestOf, storedBytes } from './bodies';
import { cacheKey } from './cache-key';
import type { HostMethods, SaveLimits } from './host';
import type { Give } from './hostcalls';
import { HostFailure, toHostFailure } from './hosterror';
import { knownKeys } from './known-keys';
import { Puts } from './puts';
import { SegmentReader, type Cut } from './segments';
import { Timings } from './timings';
import { worker } from './worker';

/**
 * Up to this many bytes a response that comes as a whole is stored as it came
 * from the network: only such a response keeps its url in the Cache API.
 */
const WHOLE_LIMIT = 1 << 20;

/**
 * So long an opened cache is used for further transfers and segments, ms: opening one for
 * each of many small records is a tenth of the work. Not for longer, since what is put
 * in a cache that somebody has deleted meanwhile is lost, and nobody says so.
 */
const CACHE_KEPT_MS = 1000;

/** So long a small body is waited for, ms, before the head is told without it. */
const AT_ONCE_MS = 100;

/** Of so many transfers that ended it is remembered how their bodies were sent. */
const ENDED_KEPT = 64;

type Open = HostMethods['open'];
type Save = HostMethods['save'];
type Compare = HostMethods['compare'];

/** What tells the timing of a response from others. */
interface Sending {
  url: string;
  /** When the request was made, performance.now(). */
  since: number;
  /** Bytes that were taken from the body. */
  taken: number;
}

interface Transfer {
  /** Name of the cache. */
  cache: string;
  sending: Sending;
  controller: AbortController;
  reader: SegmentReader;
  /** Not yet read copy of the response, while it may be stored as a whole. */
  whole: Response | null;
  /** Whether its request cannot be sent again. */
  once: boolean;
}

/** The transfers of one run of the program, by number. */
export class Transfers {
  #transfers = new Map<number, Transfer>();
  /** The last that ended, for sent(). */
  #ended = new Map<number, Sending>();
  #last = 0;
  #puts = new Puts();
  #timings = new Timings();
  /** Requests that have no response yet, and cannot be sent again. */
  #sending = 0;
  /** Opened lately, by name. */
  #caches = new Map<string, Promise<Cache>>();
  /** Hashes of what is being put, by the number of the put. */
  #sums = new Map<number, Promise<string | null>>();

  /**
   * Sends the request; resolves when the head is there. Rejects with
   * HostFailure: 'network' when there is no response, 'stopped' when signal
   * aborted, 'internal' when the stored request body is lost; and like save(),
   * where it stores the body at once.
   */
  async open(args: Open[0], signal: AbortSignal): Promise<Open[1]> {
    const { atOnce } = args;
    const once = isSentOnce(args);
    if (once) this.#sending++;
    const cache = this.#cache(args.cache);
    const controller = new AbortController();
    const onAbort = () => controller.abort();
    signal.addEventListener('abort', onAbort);
    try {
      const init = await requestInit(args, cache);
      const since = performance.now();
      const { url } = args.request;
      const response = await fetch(url, { ...init, signal: controller.signal });
      const whole = mayBeWhole(args, response) ? response.clone() : null;
      const transfer = ++this.#last;
      const reader = new SegmentReader(response.body);
      this.#transfers.set(transfer, {
        cache: args.cache,
        sending: { url, since, taken: 0 },
        controller,
        reader,
        whole,
        once,
      });
      const fits = (length: number) => length > 0 && length <= atOnce!.limits.maxLength;
      const isThere =
        atOnce && whole && fits(contentLength(response)) && (await within(reader.ended, AT_ONCE_MS)) && fits(reader.buffered);
      const saved = isThere && (await this.save({ transfer, ...atOnce }, signal, () => {}));
      return { transfer, head: headOf(response), ...saved };
    } catch (error) {
      if (signal.aborted) {
        // What the browser still stores is nobody's.
        if (atOnce)
          void this.#puts
            .settled()
            .then(() => cache)
            .then((cache) => cache.delete(cacheKey(atOnce.key)))
            .catch(() => {});
        throw new HostFailure('stopped', 'The call was cancelled.');
      }
      if (error instanceof TypeError) throw new HostFailure('network', error.message);
      throw error;
    } finally {
      if (once) this.#sending--;
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Whether there is a request that cannot be sent again, as an upload, or a response to one. */
  get isSendingOnce(): boolean {
    return this.#sending > 0 || [...this.#transfers.values()].some(({ once }) => once);
  }

  /**
   * Stores the next segment of the body under key. Rejects with HostFailure:
   * 'network', 'stopped', and 'quota', after which the segment is lost.
   */
  async save({ transfer: number, key, limits, bytes }: Save[0], signal: AbortSignal, give: Give): Promise<Save[1]> {
    const transfer = this.#get(number);
    const { chunks, length, end } = await this.#take(number, limits, signal);
    if (!end || length === 0 || length > WHOLE_LIMIT) discard(transfer);
    const { whole } = transfer;
    if (length === 0) return { length, end };
    if (bytes) chunks.forEach(give);
    const begin = (response: Response) =>
      this.#puts.begin(length, () => this.#put(transfer.cache, key, response, length), signal);
    if (whole && (await this.#wholeStored(begin(whole), signal))) return { length, end, whole: true };
    const sum = limits.digest && length === limits.maxLength ? sumOf(limits.digest, chunks, length) : undefined;
    const put = await begin(new Response(bodyOf(chunks, length)));
    if (sum) this.#sums.set(put, sum);
    if (!end) return { length, end, put };
    return { length, end, sum: (await this.stored({ put }, signal)) ?? undefined };
  }

  async #put(cache: string, key: string, response: Response, length: number): Promise<void> {
    const stored = knownKeys.begin(cache, key, length);
    await (await this.#cache(cache)).put(cacheKey(key), response);
    stored();
  }

  /** False where the Cache API refuses this response (`Vary: *`). */
  async #wholeStored(put: Promise<number>, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#puts.stored(await put, signal);
      return true;
    } catch (error) {
      if (toHostFailure(error).code !== 'internal') throw error;
      return false;
    }
  }

  /** Compares the next bytes of the body. Rejects like save(), and with 'lost'. */
  async compare({ transfer: number, stored, limits }: Compare[0], signal: AbortSignal): Promise<Compare[1]> {
    const transfer = this.#get(number);
    // No copy of what begins with stored bytes is made: it is not stored as a whole.
    discard(transfer);
    const { chunks, length, end } = await this.#take(number, limits, signal);
    const before = await storedBytes(await this.#cache(transfer.cache), stored, length);
    return { length, equal: areEqual(chunks, before), end };
  }

  async sent({ transfer: number }: HostMethods['sent'][0]): Promise<HostMethods['sent'][1]> {
    const sending = this.#ended.get(number);
    if (!sending) throw new HostFailure('internal', `There is no transfer ${number} any more.`);
    return this.#timings.sent(sending.url, sending.since, sending.taken);
  }

  /** Takes the next segment of the body. With the end of the body the transfer is freed. */
  async #take(number: number, limits: SaveLimits, signal: AbortSignal): Promise<Cut> {
    const { reader, sending } = this.#get(number);
    const cut = await reader.cut(limits, signal);
    sending.taken += cut.length;
    if (!cut.end) return cut;
    this.#transfers.delete(number);
    this.#ended.set(number, sending);
    if (this.#ended.size > ENDED_KEPT) this.#ended.delete(this.#ended.keys().next().value!);
    return cut;
  }

  async stored({ put }: HostMethods['stored'][0], signal: AbortSignal): Promise<string | null> {
    const sum = this.#sums.get(put);
    this.#sums.delete(put);
    await this.#puts.stored(put, signal);
    return (await sum) ?? null;
  }

  async stop({ transfer: number }: HostMethods['stop'][0]): Promise<null> {
    const transfer = this.#get(number);
    transfer.reader.stop(new HostFailure('stopped', 'The transfer was stopped.'));
    transfer.controller.abort();
    return null;
  }

  /** Frees the transfer; one that was closed already is no error. */
  async close({ transfer: number }: HostMethods['close'][0]): Promise<null> {
    const transfer = this.#transfers.get(number);
    if (!transfer) return null;
    await this.stop({ transfer: number });
    this.#transfers.delete(number);
    discard(transfer);
    return null;
  }

  closeAll(): void {
    this.#timings.close();
    for (const transfer of [...this.#transfers.keys()]) void this.close({ transfer });
  }

  /** Resolves when nothing is being stored any more. */
  async settled(): Promise<void> {
    await this.#puts.settled();
  }

  /** The next transfer opens the cache of that name anew. */
  forgetCache(name: string): void {
    this.#caches.delete(name);
  }

  #cache(name: string): Promise<Cache> {
    const known = this.#caches.get(name);
    if (known) return known;
    const cache = caches.open(name);
    this.#caches.set(name, cache);
    const forget = () => {
      if (this.#caches.get(name) === cache) this.#caches.delete(name);
    };
    setTimeout(forget, CACHE_KEPT_MS);
    cache.catch(forget);
    return cache;
  }

  #get(number: number): Transfer {
    const transfer = this.#transfers.get(number);
    if (!transfer) throw new HostFailure('stopped', `There is no transfer ${number} any more.`);
    return transfer;
  }
}

async function requestInit(args: Open[0], cache: Promise<Cache>): Promise<RequestInit> {
  const { request, rangeStart, rangeEnd = 0, pastCache = false } = args;
  const ranged = isRanged(args);
  const headers = new Headers(request.headers);
  if (ranged) headers.set('Range', `bytes=${rangeStart}-${rangeEnd > 0 ? rangeEnd - 1 : ''}`);
  const settings = settingsOf(request);
  // A navigation cannot be constructed; it was one to a page of this origin.
  if (settings.mode === 'navigate') settings.mode = 'same-origin';
  // A range must not be cut from what the HTTP cache has, which may be older.
  if ((ranged || pastCache) && (settings.cache ?? 'default') === 'default') settings.cache = 'no-store';
  const init = {
    ...settings,
    headers,
    referrer: usableReferrer(request),
    // The program checks it, of all the bytes.
    integrity: undefined,
    priority: args.priority,
    body: request.body ? await requestBody(request.body, await cache) : undefined,
  } as RequestInit;
  // What is undefined stands for the default, where a given member would not.
  for (const [name, value] of Object.entries(init)) {
    if (value === undefined) delete init[name as keyof RequestInit];
  }
  return init;
}

/** As the program has it: Request.IsSafe in wasm/bgfetch. */
function isSentOnce({ request: { method } }: Open[0]): boolean {
  return method !== 'GET';
}

function isRanged({ rangeStart, rangeEnd = 0, ranged = false }: Open[0]): boolean {
  return ranged || rangeStart > 0 || rangeEnd > 0;
}

/** Undefined where the Request constructor would refuse the referrer. */
function usableReferrer({ referrer }: StoredRequest): string | undefined {
  if (referrer === undefined || referrer === '') return referrer;
  try {
    return new URL(referrer).origin === worker.location.origin ? referrer : undefined;
  } catch {
    return undefined;
  }
}

async function requestBody({ key = '', size }: NonNullable<StoredRequest['body']>, cache: Cache): Promise<Blob> {
  return storedRequestBody(cache, key, size).catch((error) => {
    throw new HostFailure('internal', `The request body ${key} cannot be read: ${error}`);
  });
}

function headOf(response: Response): Head {
  return {
    url: response.url,
    type: response.type,
    redirected: response.redirected,
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
  };
}

function areEqual(chunks: Uint8Array[], before: Uint8Array): boolean {
  let at = 0;
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) {
      if (chunk[i] !== before[at++]) return false;
    }
  }
  return true;
}

/** Of a body known to be larger no copy is made: it would have to be held in memory. */
function mayBeWhole(args: Open[0], response: Response): boolean {
  return !isRanged(args) && response.status === 200 && response.body !== null && contentLength(response) <= WHOLE_LIMIT;
}

/** 0 where nothing says it. */
function contentLength({ headers }: Response): number {
  return Number(headers.get('Content-Length') ?? 0);
}

/**
 * Chunks of at least so many bytes on average are stored as a stream: a Blob is one
 * more copy of them. Each chunk of a stream has a price, too, which is more where
 * the browser hands out small ones.
 */
const STREAMED_CHUNK = 128 << 10;

function bodyOf(chunks: Uint8Array<ArrayBuffer>[], length: number): BodyInit {
  if (length < STREAMED_CHUNK * chunks.length) return new Blob(chunks);
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]);
      else controller.close();
    },
  });
}

/** The hash of the chunks, one after the other; null where the browser makes none. */
function sumOf(algorithm: string, chunks: Uint8Array[], length: number): Promise<string | null> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return digestOf(algorithm, bytes).catch(() => null);
}

/** The promise of cancel() waits for the other copy, so nobody waits for it. */
function discard(transfer: Transfer): void {
  void transfer.whole?.body?.cancel().catch(() => {});
  transfer.whole = null;
}
