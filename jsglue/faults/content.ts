/** Generated content: its bytes depend on seed and offset alone, and are those of the Go fault server. */

import { createHash } from 'node:crypto';

/** What a resource consists of. */
export interface Source {
  readonly size: number;
  /** The bytes from the offset on, which are there. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  close(): Promise<void>;
}

/** How much is read and written at a time, at most. */
export const CHUNK = 128 << 10;

export class Generated implements Source {
  readonly size: number;
  readonly #text: boolean;
  // What is added to the number of a word: two halves of 64 bits.
  readonly #high: number;
  readonly #low: number;

  constructor(seed: number, size: number, text = false) {
    this.size = size;
    this.#text = text;
    const base = BigInt.asUintN(64, ((BigInt(seed) << 40n) ^ BigInt(seed)) + 1n);
    this.#high = Number(base >> 32n);
    this.#low = Number(base & 0xffffffffn);
  }

  read(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / 8);
    const skip = offset - first * 8;
    const words = Math.ceil((skip + length) / 8);
    const view = new DataView(new ArrayBuffer(words * 8));
    for (let i = 0; i < words; i++) this.#word(first + i, view, i * 8);
    return new Uint8Array(view.buffer, skip, length);
  }

  async close(): Promise<void> {}

  /** SplitMix64 of the number of the word, in halves of 32 bits: with BigInt it takes twenty times as long. */
  #word(counter: number, view: DataView, at: number): void {
    const sum = this.#low + (counter >>> 0);
    let low = sum >>> 0;
    let high = (this.#high + Math.floor(counter / 2 ** 32) + Number(sum >= 2 ** 32)) >>> 0;
    const multiply = (factorHigh: number, factorLow: number) => {
      high = (upper(low, factorLow) + Math.imul(high, factorLow) + Math.imul(low, factorHigh)) >>> 0;
      low = Math.imul(low, factorLow) >>> 0;
    };
    const mix = (bits: number) => {
      low = (low ^ ((low >>> bits) | (high << (32 - bits)))) >>> 0;
      high = (high ^ (high >>> bits)) >>> 0;
    };
    multiply(0x9e3779b9, 0x7f4a7c15);
    mix(30);
    multiply(0xbf58476d, 0x1ce4e5b9);
    mix(27);
    multiply(0x94d049bb, 0x133111eb);
    mix(31);
    if (this.#text) {
      low = (low & 0x0f0f0f0f) + 0x61616161;
      high = (high & 0x0f0f0f0f) + 0x61616161;
    }
    view.setUint32(at, low, true);
    view.setUint32(at + 4, high, true);
  }
}

/** The upper half of the product of two numbers of 32 bits. */
function upper(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = a0 * b1 + ((a0 * b0) >>> 16);
  const other = (middle & 0xffff) + a1 * b0;
  return a1 * b1 + (middle >>> 16) + (other >>> 16);
}

/** The bytes of a part of a source, in chunks. */
export async function* chunksOf(source: Source, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let offset = start; offset < end; ) {
    const chunk = await source.read(offset, Math.min(CHUNK, end - offset));
    yield chunk;
    offset += chunk.length;
  }
}

/** SHA-256 of all of a source, in hex. */
export async function sha256(source: Source): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(source, 0, source.size)) hash.update(chunk);
  return hash.digest('hex');
}
