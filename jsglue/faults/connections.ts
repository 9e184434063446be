/** The exchanges under way, which names are stopped, and how a connection is ended. */

import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkMs } from './parameters';

/** One request with its answer, under way. */
export class Exchange {
  readonly name: string;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();
  /** Whether it was ended by the server having been told so. */
  broken = false;

  constructor(name: string, response: ServerResponse) {
    this.name = name;
    this.#response = response;
    response.once('close', () => this.#gone.abort());
    response.on('error', () => {}); // those who write are told
  }

  /** Aborted when the client has left, or the connection is broken. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  break(): void {
    this.broken = true;
    this.reset();
    this.#gone.abort();
  }

  /** Ends the connection with a TCP reset at once, so that no browser takes it for the end of the body. */
  reset(): void {
    this.#response.socket?.resetAndDestroy();
  }

  /** The same, as soon as the client has what was sent: a reset discards what is still on the way. */
  async resetDelivered(): Promise<void> {
    const { socket } = this.#response;
    const end = Date.now() + DELIVERY_MS;
    while (socket && !socket.destroyed && !(await delivered(socket)) && Date.now() < end) await sleep(2);
    socket?.resetAndDestroy();
  }

  /** Ends the connection as a server does that has sent everything, whatever Content-Length promised. */
  closeOrderly(): void {
    this.#response.socket?.destroySoon();
  }
}

/** So long a client may take to receive what was sent before a cut. */
const DELIVERY_MS = 2000;

/**
 * Whether the other side has acknowledged all that was written: on Linux the length of the send queue
 * is 0. Elsewhere the bytes have 50 ms, because there is no way to ask.
 */
async function delivered({ localPort, remotePort, remoteFamily }: Socket): Promise<boolean> {
  const table = await readFile(remoteFamily === 'IPv6' ? '/proc/net/tcp6' : '/proc/net/tcp', 'latin1').catch(() => undefined);
  if (table === undefined) {
    await sleep(50);
    return true;
  }
  const port = (number = 0) => number.toString(16).toUpperCase().padStart(4, '0');
  const row = new RegExp(`:${port(localPort)} \\w+:${port(remotePort)} \\w\\w (\\w+):`).exec(table);
  return !row || Number.parseInt(row[1]!, 16) === 0;
}

/** The name "" stands for all. */
export class Connections {
  readonly #open = new Set<Exchange>();
  /** Name -> until when. */
  readonly #stopped = new Map<string, number>();

  /** Registers an exchange, until end(). */
  begin(name: string, response: ServerResponse): Exchange {
    const exchange = new Exchange(name, response);
    this.#open.add(exchange);
    return exchange;
  }

  end(exchange: Exchange): void {
    this.#open.delete(exchange);
  }

  /** Breaks the connections of a name that are under way, and tells how many. */
  cut(name: string): number {
    const open = [...this.#open].filter((exchange) => name === '' || exchange.name === name);
    for (const exchange of open) exchange.break();
    return open.length;
  }

  /** Breaks what is under way, and refuses the name for so long. */
  stop(name: string, ms: number): void {
    checkMs(ms);
    this.#stopped.set(name, Date.now() + ms);
    this.cut(name);
  }

  /** Ends a stop of the name; for "" every stop. */
  start(name: string): void {
    if (name === '') this.#stopped.clear();
    else this.#stopped.delete(name);
  }

  /** For how many ms a name is still stopped. */
  remaining(name: string): number {
    const until = Math.max(this.#stopped.get('') ?? 0, this.#stopped.get(name) ?? 0);
    return Math.max(0, until - Date.now());
  }

  sending(name: string): number {
    return [...this.#open].filter((exchange) => name === '' || exchange.name === name).length;
  }
}

/** So many ms of what a link did not carry it makes good: a server that is late does not make it slower. */
const SLACK_MS = 50;

/** The ways of limited throughput that the responses for one name share. */
export class Links {
  /** Name -> when it has carried all that it was given. */
  readonly #free = new Map<string, number>();

  /** Gives n more bytes to the link of a name, and tells when they have passed. */
  carry(name: string, n: number, rate: number): number {
    const now = Date.now();
    const passed = Math.max(now - SLACK_MS, this.#free.get(name) ?? now) + (n / rate) * 1000;
    this.#free.set(name, passed);
    return passed;
  }
}
