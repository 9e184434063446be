/** The Host that one run of the Go program finds: calls by number, answers as JSON. */

import type { Deliver, Host, HostMethods } from './host';
import { HostFailure, toHostFailure } from './hosterror';

/** How each method is implemented. Failures become the errors of host.ts. */
export type Implementations = {
  [M in keyof HostMethods]: (args: HostMethods[M][0], signal: AbortSignal) => Promise<HostMethods[M][1]>;
};

export class HostCalls implements Host {
  readonly config: string;
  #methods: Implementations;
  #deliver: Deliver | null = null;
  #running = new Map<number, AbortController>();
  #closed = false;

  constructor(config: string, methods: Implementations) {
    this.config = config;
    this.#methods = methods;
  }

  connect(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  call(n: number, method: keyof HostMethods, args: string): void {
    if (this.#closed) return;
    const controller = new AbortController();
    this.#running.set(n, controller);
    void this.#answer(n, method, args, controller.signal);
  }

  cancel(n: number): void {
    this.#running.get(n)?.abort();
  }

  /** Cancels all calls; nothing is delivered and no call is taken any more. */
  close(): void {
    this.#closed = true;
    this.#deliver = null;
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }

  async #answer(n: number, method: keyof HostMethods, args: string, signal: AbortSignal): Promise<void> {
    let answer: Parameters<Deliver>;
    try {
      // The program must not be answered while it is still calling.
      await null;
      const implementation = this.#methods[method] as
        | ((args: unknown, signal: AbortSignal) => Promise<unknown>)
        | undefined;
      if (!implementation) throw new HostFailure('internal', `There is no method ${method}.`);
      const result = await implementation(JSON.parse(args || 'null'), signal);
      answer = [n, '', JSON.stringify(result)];
    } catch (error) {
      const failure = toHostFailure(error);
      answer = [n, signal.aborted ? 'stopped' : failure.code, failure.message];
    }
    this.#running.delete(n);
    this.#deliver?.(...answer);
  }
}
