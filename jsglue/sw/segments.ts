/**
 * Cuts a response body into segments: reads on by itself, bounded, while the
 * segment before is being stored.
 */

import type { SaveLimits } from './host';
import { HostFailure } from './hosterror';

/**
 * So many bytes are read before the first cut says how many may be. A browser that
 * sees a body break off forgets what it has of it and nobody has read, so reading
 * begins at once.
 */
const FIRST_BYTES = 1 << 20;

export interface Cut {
  chunks: Uint8Array<ArrayBuffer>[];
  /** Bytes, the sum of the chunks; 0 only together with end. */
  length: number;
  /** The body has ended cleanly after these bytes. */
  end: boolean;
}

export class SegmentReader {
  /** Resolves when nothing more is read: whether the body has ended cleanly. */
  readonly ended: Promise<boolean>;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | null;
  #chunks: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  /** When the first of the chunks came, performance.now(). */
  #firstAt = 0;
  #ended = false;
  #failure: HostFailure | null = null;
  #limits: SaveLimits | null = null;
  #onReady: (() => void) | null = null;
  #onRoom: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param body null is an empty body. */
  constructor(body: ReadableStream<Uint8Array<ArrayBuffer>> | null) {
    this.#reader = body?.getReader() ?? null;
    this.#ended = body === null;
    this.ended = this.#pump();
  }

  /** Bytes that were read and not cut yet. */
  get buffered(): number {
    return this.#length;
  }

  /**
   * Resolves with the next segment when it is ready by the limits, or the body has
   * ended or broken off. Rejects with HostFailure: the reason of stop(), 'network'
   * when the body broke off and all bytes before have been cut, and 'stopped'
   * when signal aborts (the bytes stay for the next call). One call at a time.
   */
  async cut(limits: SaveLimits, signal: AbortSignal): Promise<Cut> {
    this.#limits = limits;
    this.#makeRoom();
    const onAbort = () => this.#wake();
    signal.addEventListener('abort', onAbort);
    while (!signal.aborted && !this.#ready()) {
      await new Promise<void>((resolve) => {
        this.#onReady = resolve;
      });
    }
    signal.removeEventListener('abort', onAbort);
    if (signal.aborted) throw new HostFailure('stopped', 'The call was cancelled.');
    if (this.#length === 0 && this.#failure) throw this.#failure;
    return this.#take(limits.maxLength);
  }

  /** Ends the reading at once; bytes already read can still be cut. */
  stop(failure: HostFailure): void {
    if (this.#ended || this.#failure) return;
    this.#failure = failure;
    void this.#reader?.cancel().catch(() => {});
    this.#wake();
    this.#makeRoom();
  }

  async #pump(): Promise<boolean> {
    try {
      while (this.#reader && !this.#failure) {
        // At most one segment is waiting while another is being stored.
        while (this.#length >= (this.#limits?.maxLength ?? FIRST_BYTES) && !this.#failure) {
          await new Promise<void>((resolve) => {
            this.#onRoom = resolve;
          });
        }
        const { done, value } = await this.#reader.read();
        if (this.#failure) return false;
        if (done) {
          this.#ended = true;
          break;
        }
        if (value.length === 0) continue;
        if (this.#length === 0) this.#firstAt = performance.now();
        this.#chunks.push(value);
        this.#length += value.length;
        if (this.#onReady && this.#ready()) this.#wake();
      }
    } catch (error) {
      this.#failure ??= new HostFailure('network', String(error));
    }
    this.#wake();
    return this.#ended;
  }

  /** Whether a segment can be cut; if only time is missing, sets the timer. */
  #ready(): boolean {
    if (this.#ended || this.#failure) return true;
    if (this.#length === 0) return false;
    const { minLength, maxLength, minTimeMs, maxTimeMs } = this.#limits!;
    if (this.#length >= maxLength) return true;
    const due = this.#firstAt + (this.#length >= minLength ? Math.min(minTimeMs, maxTimeMs) : maxTimeMs);
    const left = due - performance.now();
    if (left <= 0) return true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake(), left);
    return false;
  }

  #wake(): void {
    this.#onReady?.();
    this.#onReady = null;
  }

  #makeRoom(): void {
    this.#onRoom?.();
    this.#onRoom = null;
  }

  #take(maxLength: number): Cut {
    clearTimeout(this.#timer);
    const chunks = this.#chunks;
    this.#chunks = [];
    let length = this.#length;
    if (length > maxLength) {
      // The last chunks go over the limit: split the one at the limit.
      let over = length - maxLength;
      while (over > 0) {
        const last = chunks.pop()!;
        const kept = Math.max(0, last.length - over);
        if (kept > 0) chunks.push(last.subarray(0, kept));
        this.#chunks.unshift(last.subarray(kept));
        over -= last.length - kept;
      }
      length = maxLength;
    }
    this.#length -= length;
    // For what is left over, the clock starts anew.
    this.#firstAt = performance.now();
    this.#makeRoom();
    return { chunks, length, end: this.#ended && this.#length === 0 };
  }
}
