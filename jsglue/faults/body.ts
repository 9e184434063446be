/** Writes the bytes of a resource to a client: paced, counted, and ended where a fault is due. */

import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections, Exchange, Links } from './connections';
import { CHUNK } from './content';
import type { FaultLogEntry, Journal, Outcome } from './journal';
import type { Options } from './parameters';

/** Thrown to end a body on purpose. */
export class Ending extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

/** What all answers of a server share. */
export interface Shared {
  journal: Journal;
  connections: Connections;
  links: Links;
}

/** Parameter -> how the exchange ends. Of two at one offset the first happens. */
const FAULTS = { cut: 'cut', stall: 'stalled', truncate: 'truncated', fin: 'closed', down: 'down' } as const;
const faults = Object.entries(FAULTS) as [keyof typeof FAULTS, Outcome][];

export class Body {
  readonly #shared: Shared;
  readonly #exchange: Exchange;
  readonly #response: ServerResponse;
  readonly #options: Options;
  readonly #entry: FaultLogEntry;
  /** In the resource, of the next byte. */
  #offset: number;
  readonly #begun = Date.now();

  constructor(
    shared: Shared,
    exchange: Exchange,
    response: ServerResponse,
    options: Options,
    entry: FaultLogEntry,
    offset: number,
  ) {
    this.#shared = shared;
    this.#exchange = exchange;
    this.#response = response;
    this.#options = options;
    this.#entry = entry;
    this.#offset = offset;
  }

  /** Sends the bytes; throws the Ending that is due, or what became of the connection. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      let piece = rest.subarray(0, this.#pieceSize());
      const fault = this.#nextFault(piece.length);
      if (fault) piece = piece.subarray(0, fault.at - this.#offset);
      await this.#send(this.#corrupted(piece));
      if (fault) throw new Ending(fault.outcome);
      rest = rest.subarray(piece.length);
    }
  }

  /** Ends the exchange as it should after that error, and tells how it ended. */
  async finish(error: unknown): Promise<Outcome> {
    const { signal } = this.#exchange;
    if (error === undefined) return this.#end('complete');
    if (signal.aborted || !(error instanceof Ending)) {
      this.#exchange.reset();
      return this.#exchange.broken ? 'broken' : 'client-left';
    }
    const { outcome } = error;
    switch (outcome) {
      case 'stalled':
        this.#entry.outcome = outcome;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        break;
      case 'truncated':
        if (this.#options.chunked) return this.#end(outcome);
        this.#exchange.closeOrderly();
        break;
      case 'closed':
        this.#exchange.closeOrderly();
        break;
      case 'down':
        await this.#exchange.resetDelivered();
        this.#shared.connections.stop(this.#exchange.name, this.#options.downms);
        break;
      default:
        await this.#exchange.resetDelivered();
    }
    return outcome;
  }

  async #end(outcome: Outcome): Promise<Outcome> {
    await this.#or((done) => this.#response.end(done));
    return outcome === 'complete' && this.#exchange.broken ? 'broken' : outcome;
  }

  /** Small for a small rate, so that it looks even to the client. */
  #pieceSize(): number {
    const rates = [this.#options.rate, this.#options.link].filter((rate) => !!rate) as number[];
    return Math.min(CHUNK, ...rates.map((rate) => Math.max(Math.floor(rate / 50), 1)));
  }

  /** The first fault among the next bytes, which has happened then. */
  #nextFault(length: number): { outcome: Outcome; at: number } | undefined {
    const { journal } = this.#shared;
    const { cutcount, cuteach } = this.#options;
    let next: { outcome: Outcome; at: number } | undefined;
    let end = this.#offset + length;
    for (const [parameter, outcome] of faults) {
      for (const at of this.#options[parameter]) {
        if (at < this.#offset || at >= end || !journal.due(this.#exchange.name, `${outcome} ${at}`, cutcount)) continue;
        next = { outcome, at };
        end = at;
      }
    }
    const left = cuteach - this.#entry.bytesSent;
    if (this.#offset + left < end) return { outcome: 'cut', at: this.#offset + left };
    if (next) journal.take(this.#exchange.name, `${next.outcome} ${next.at}`, cutcount);
    return next;
  }

  /** The next bytes, with those changed that are to arrive wrong. */
  #corrupted(piece: Uint8Array): Uint8Array {
    const wrong = this.#options.corrupt
      .map((offset) => offset - this.#offset)
      .filter((at) => at >= 0 && at < piece.length)
      .filter((at) => this.#shared.journal.take(this.#exchange.name, `wrong ${this.#offset + at}`, this.#options.cutcount));
    if (wrong.length === 0) return piece;
    const copy = piece.slice();
    for (const at of wrong) copy[at]! ^= 1;
    return copy;
  }

  /** Writes one piece, and waits until the rate allows the next. */
  async #send(piece: Uint8Array): Promise<void> {
    const { signal, name } = this.#exchange;
    signal.throwIfAborted();
    if (piece.length > 0) await this.#or((done) => this.#response.write(piece, done));
    this.#offset += piece.length;
    this.#entry.bytesSent += piece.length;
    const { rate, link } = this.#options;
    let due = 0;
    if (rate) due = this.#begun + (this.#entry.bytesSent / rate) * 1000;
    if (link) due = Math.max(due, this.#shared.links.carry(name, piece.length, link));
    const wait = due - Date.now();
    if (wait > 0) await sleep(wait, undefined, { signal });
  }

  /** Waits for a callback, but no longer than there is a client. */
  #or(begin: (done: (error?: Error | null) => void) => void): Promise<void> {
    const { signal } = this.#exchange;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const left = () => reject(signal.reason);
      signal.addEventListener('abort', left);
      begin((error) => {
        signal.removeEventListener('abort', left);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
