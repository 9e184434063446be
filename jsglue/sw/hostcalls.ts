/** The Host that one run of the Go program finds: calls by number, answers as JSON or lines. */

import type { Deliver, Host, HostMethods, Receive } from './host';
import { HostFailure, toHostFailure } from './hosterror';

/** Hands bytes to the program, as part of the call. */
export type Give = (bytes: Uint8Array) => void;

/** How each method is implemented. Failures become the errors of host.ts. */
export type Implementations = {
  [M in keyof HostMethods]: (args: HostMethods[M][0], signal: AbortSignal, give: Give) => Promise<HostMethods[M][1]>;
};

/**
 * Results that cross as lines, of which no value has a line feed in it: decoding JSON in the program
 * would be a good part of the work for a small record (wasm/browser/lines.go).
 */
const LINES: { [M in keyof HostMethods]?: (result: HostMethods[M][1]) => unknown[] } = {
  open: ({ transfer, length = 0, whole, head: { url, type, redirected, status, statusText, headers = [] } }) =>
    [transfer, length, whole, url, type, redirected, status, statusText, ...headers].flat(),
  save: ({ length, end, whole, put = 0, sum = '' }) => [length, end, whole, put, sum],
};

/** Calls whose effect outlives the program that made them. */
const WRITES: ReadonlySet<keyof HostMethods> = new Set([
  ...(['save', 'saveRequestBody', 'createCache', 'deleteCache', 'deleteKeys', 'texts'] as const),
]);

/**
 * So long after cancel() a call is answered, ms, even if what it waits for goes on:
 * a storage that never answers must not stop the program.
 */
export const CANCELLED_MS = 2000;

export class HostCalls implements Host {
  readonly config: string;
  #methods: Implementations;
  #deliver: Deliver | null = null;
  #receive: Receive | null = null;
  #running = new Map<number, AbortController>();
  #writing = new Set<Promise<void>>();
  #closed = false;

  constructor(config: string, methods: Implementations) {
    this.config = config;
    this.#methods = methods;
  }

  connect(deliver: Deliver, receive: Receive): void {
    this.#deliver = deliver;
    this.#receive = receive;
  }

  call(n: number, method: keyof HostMethods, args: string): void {
    if (this.#closed) return;
    const controller = new AbortController();
    this.#running.set(n, controller);
    const answered = this.#answer(n, method, args, controller.signal);
    if (!WRITES.has(method)) return;
    this.#writing.add(answered);
    void answered.then(() => this.#writing.delete(answered));
  }

  cancel(n: number): void {
    if (!this.#running.has(n)) return;
    this.#running.get(n)!.abort();
    setTimeout(() => this.#give(n, 'It did not answer.', 'stopped'), CANCELLED_MS);
  }

  /**
   * Cancels all calls; nothing is delivered and no call is taken any more. Resolves
   * when nothing is being written any more: what comes late could undo what the
   * next program does, or would be there after that has looked for orphans.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#deliver = null;
    this.#receive = null;
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
    await Promise.all(this.#writing);
  }

  async #answer(n: number, method: keyof HostMethods, args: string, signal: AbortSignal): Promise<void> {
    try {
      // The program must not be answered while it is still calling.
      await null;
      const implementation = this.#methods[method] as
        | ((args: unknown, signal: AbortSignal, give: Give) => Promise<unknown>)
        | undefined;
      if (!implementation) throw new HostFailure('internal', `There is no method ${method}.`);
      const result = await implementation(JSON.parse(args || 'null'), signal, (bytes) => this.#receive?.(n, bytes));
      const lines = LINES[method] as ((result: unknown) => unknown[]) | undefined;
      this.#give(n, lines ? lines(result).join('\n') : JSON.stringify(result));
    } catch (error) {
      const failure = toHostFailure(error);
      this.#give(n, failure.message, signal.aborted ? 'stopped' : failure.code);
    }
  }

  /** The one answer to a call: the first. */
  #give(...answer: Parameters<Deliver>): void {
    if (this.#running.delete(answer[0])) this.#deliver?.(...answer);
  }
}
