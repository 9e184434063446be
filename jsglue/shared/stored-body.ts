/**
 * A response body, read from the Cache API where its segments are stored, and
 * going on as more of them come. The program says where the bytes are (a Plan),
 * the bytes themselves never pass through it.
 */

import { sleep } from './deadline';
import { bodyOf, unavailable } from './errors';
import type { Plan, PlanSegment } from './plan';
import type { BodySource } from './body-source';

/** How often a segment may be missing although the plan names it. */
const MAX_MISSING = 3;
const MISSING_DELAY_MS = 500;

/** Throws a TypeError when there is none: opening would make one, and leave it behind. */
export async function openCache(name: string): Promise<Cache> {
  if (!(await caches.has(name))) throw new TypeError('A stored segment is gone.');
  return caches.open(name);
}

async function find(cache: Cache, key: string): Promise<Response | undefined> {
  // Keys are paths of this origin, whatever the base URL of a document.
  return cache.match(new URL(key, globalThis.location.origin).href, { ignoreVary: true });
}

/** Throws a TypeError when the entry is not there. */
export async function cachedEntry(cache: Cache, key: string): Promise<Response> {
  const entry = await find(cache, key);
  if (!entry) throw new TypeError('A stored segment is gone.');
  return entry;
}

/** Bodies of fetch() are byte streams where the browser has these. */
const TYPE = hasByteStreams() ? 'bytes' : undefined;

function hasByteStreams(): boolean {
  try {
    return !!new ReadableStream({ type: 'bytes' });
  } catch {
    return false;
  }
}

/** That of either type of stream. */
interface Controller {
  enqueue(chunk: Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
  readonly byobRequest?: ReadableStreamBYOBRequest | null;
}

/** What of a body is wanted: all of it by default. */
interface Wanted {
  from?: number;
  /** Offset of the byte after the last one. */
  to?: number;
  /** The plan at `from`, where it is known already. */
  first?: Plan;
  /** The record, for people. */
  of?: string;
}

export class StoredBody {
  /** Pull-based: nothing is read before somebody asks. Errors with AbortError or TypeError. */
  readonly stream: ReadableStream<Uint8Array>;
  /** What the stream errored with. */
  error: unknown;

  #source: BodySource;
  #path: string;
  /** The record, for people. */
  #of: string;
  #controller!: Controller;
  #cache: Cache | undefined;
  /** Offset of the byte after the last that is wanted. */
  #to: number;
  /** Tells the program that nobody waits any more. */
  #stop = new AbortController();
  /** The last plan had nothing to tell. */
  #starved = false;
  /** The plan that is known without asking, until it is taken. */
  #first: Plan | undefined;
  /** Known segments that are not yet read, and the offset where they end. */
  #queue: PlanSegment[] = [];
  #planned = 0;
  /** No bytes follow the queue, or none that are wanted. */
  #complete = false;
  /** Offset of the next byte for the consumer. */
  #offset = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Bytes of the open segment that come before #offset, and where it ends. */
  #skip = 0;
  #segmentEnd = 0;
  #missing = 0;
  /** Closed, errored or cancelled. */
  #over = false;

  /** `path` is that of the plan, with the generation. */
  constructor(source: BodySource, path: string, { from = 0, to = Infinity, first, of = path }: Wanted = {}) {
    this.#source = source;
    this.#of = of;
    this.#path = path;
    this.#planned = this.#offset = from;
    this.#to = to;
    this.#first = first;
    source.open.add(this);
    this.stream = new ReadableStream<Uint8Array>(
      {
        type: TYPE,
        start: (controller: Controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull().catch((error) => this.#fail(error)),
        cancel: (reason: unknown) => this.#end(reason),
      } as UnderlyingSource<Uint8Array>,
      { highWaterMark: 0 },
    );
  }

  /**
   * Learn where all the stored bytes are and keep the cache open, so that they
   * can be read after the worker deleted them. Returns the plan from the current
   * offset on; undefined when that failed, which reading will find out too.
   */
  async hold(): Promise<Plan | undefined> {
    if (this.#over) return undefined;
    try {
      const plan = await this.#ask(false);
      await this.#take(plan);
      return plan;
    } catch {
      return undefined;
    }
  }

  /** Enqueue one chunk, or close. */
  async #pull(): Promise<void> {
    while (!this.#over) {
      if (this.#reader) {
        const chunk = await this.#read(this.#reader);
        if (!chunk) continue;
        this.#offset += chunk.length;
        if (!this.#over) this.#controller.enqueue(chunk);
        if (this.#offset >= this.#to) this.#close();
        return;
      }
      if (this.#offset >= this.#to) return this.#close();
      const segment = this.#queue.shift();
      if (segment) {
        await this.#open(segment);
      } else if (this.#complete) {
        if (this.#to < Infinity) throw new TypeError('A stored segment is shorter than it should be.');
        return this.#close();
      } else {
        const first = this.#first;
        this.#first = undefined;
        await this.#take(first ?? (await this.#ask(true)));
      }
    }
  }

  /** The next bytes of the open segment that are new, undefined where there were none. */
  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
    const { done, value } = await reader.read();
    if (done) {
      this.#reader = undefined;
      if (this.#offset < this.#segmentEnd) throw new TypeError('A stored segment is shorter than it should be.');
      return undefined;
    }
    const skipped = Math.min(this.#skip, value.length);
    this.#skip -= skipped;
    return skipped < value.length ? value.subarray(skipped, skipped + this.#to - this.#offset) : undefined;
  }

  async #open(segment: PlanSegment): Promise<void> {
    const entry = await find(this.#cache!, segment.key);
    if (!entry) {
      // The program fetches a lost segment again: ask anew, a little later.
      if (++this.#missing > MAX_MISSING) throw new TypeError('A stored segment is gone.');
      // It lies in another cache of that name where somebody has deleted this one.
      this.#cache = undefined;
      this.#queue = [];
      this.#planned = this.#offset;
      this.#complete = false;
      await sleep(MISSING_DELAY_MS);
      return;
    }
    this.#skip = this.#offset - segment.offset;
    if (this.#skip < 0) throw new TypeError('A stored segment is gone.');
    this.#segmentEnd = segment.offset + segment.length;
    this.#reader = entry.body?.getReader();
  }

  async #ask(wait: boolean): Promise<Plan> {
    const path = `${this.#path}&from=${this.#planned}${wait ? '&wait=1' : ''}${wait && this.#starved ? '&seek=1' : ''}`;
    const { transport } = this.#source;
    const plan = bodyOf<Plan>(await transport.request('GET', path, undefined, undefined, this.#stop.signal));
    this.#starved = wait && plan.segments.length === 0;
    return plan;
  }

  /** Pulling and holding may both have asked: what is known already is left out. */
  async #take(plan: Plan): Promise<void> {
    if (plan.segments.length > 0) this.#cache ??= await openCache(plan.cache);
    for (const segment of plan.segments) {
      const end = segment.offset + segment.length;
      if (end <= this.#planned) continue;
      this.#queue.push(segment);
      this.#planned = end;
    }
    // The body of a bad status is not stored: it is empty, and no error.
    if (plan.end || this.#planned >= this.#to || plan.failed === 'bad-status') this.#complete = true;
    else if (plan.failed) this.#fail(unavailable(plan.failed, this.#of));
    if (this.#complete) this.#source.open.delete(this);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end()?.catch(() => {});
    this.error = error;
    this.#controller.error(error);
  }

  #close(): void {
    if (this.#over) return;
    this.#end()?.catch(() => {});
    this.#controller.close();
    // Who reads into a buffer of their own gets that back.
    this.#controller.byobRequest?.respond(0);
  }

  /** What a segment still has is not read any more. */
  #end(reason?: unknown): Promise<void> | undefined {
    this.#over = true;
    // In a task of its own: WebKit's worker would stand still for ever where a
    // cancelled body made the program run.
    setTimeout(() => this.#stop.abort());
    this.#source.open.delete(this);
    return this.#reader?.cancel(reason);
  }
}
