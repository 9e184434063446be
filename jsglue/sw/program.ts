/**
 * The Go program, supervised: booted when it is needed, under the engine's lock,
 * and booted again when it has ended. It resumes from storage by itself.
 */

import { within } from '../shared/deadline';
import { makeProblem } from '../shared/problem';
import { PROBLEM_TYPE, type Problem, type RequestBodies } from '../shared/protocol';
import type { BodyParts } from '../shared/request-body';
import type { ActiveWorker } from './active-worker';
import type { WorkerContext } from './context';
import { GoRun, type Handler } from './go';
import type { Handles } from './handles';
import type { HostConfig } from './host';
import { answerOfNone } from './idle';
import { HostCalls, type Implementations } from './hostcalls';
import { type EngineLock, Retired } from './lock';
import { framing } from './timings';
import { Transfers } from './transfers';
import { instantiate } from './wasm';

export interface TextReply {
  status: number;
  /** JSON text. */
  body: string;
}

/** The program ended before it answered. */
class ProgramEnded extends Error {}

/** What a program that has ended gives until its end is known. */
const NO_ANSWER = new Promise<never>(() => {});

interface Running {
  handler: Handler;
  /** Resolves with the answer, or rejects with ProgramEnded when there will be none. */
  unlessEnded<T>(answer: Promise<T>): Promise<T>;
}

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;
/** A program that ran this long was well: the next delay is the first again. */
const WELL_AFTER_MS = 60_000;

/** A write that does not end within so long, ms, is not waited for by the next program. */
const CLEARED_MS = 10_000;

export class Program {
  #context: WorkerContext;
  #activeWorker: ActiveWorker;
  #lock: EngineLock;
  #handles: Handles;
  #methods: (transfers: Transfers) => Implementations;
  #running: Promise<Running> | null = null;
  #kill: ((reason: string) => void) | null = null;
  #delay = FIRST_DELAY_MS;
  /** performance.now() before which no program is booted. */
  #notBefore = 0;
  #cleared: Promise<unknown> = Promise.resolve();
  #reported = '';
  /** Whether there is work that needs a program, though nobody asks. */
  #wanted: () => boolean;

  constructor(
    context: WorkerContext,
    activeWorker: ActiveWorker,
    lock: EngineLock,
    handles: Handles,
    methods: (transfers: Transfers) => Implementations,
    wanted: () => boolean,
  ) {
    this.#context = context;
    this.#activeWorker = activeWorker;
    this.#lock = lock;
    this.#handles = handles;
    this.#methods = methods;
    this.#wanted = wanted;
  }

  /**
   * Resolves when the program serves. Rejects with Retired, or with an Error that
   * names the cause for people; each later call tries again.
   */
  async start(): Promise<void> {
    await this.#run();
  }

  /** Whether a newer worker has taken over: this one is to be silent. */
  get retired(): boolean {
    return this.#lock.lost;
  }

  /**
   * Ends the program at once; it will not be booted again, the lock is lost.
   * Resolves when nothing of it is being written any more.
   */
  async retire(): Promise<void> {
    this.#kill?.('A newer service worker has taken over.');
    await this.#cleared;
  }

  /** Ends the program; the next one is booted when `cleared` has settled. */
  end(reason: string, cleared: Promise<unknown>): void {
    this.#clearedAfter(cleared);
    this.#kill?.(reason);
  }

  #clearedAfter(cleared: Promise<unknown>): void {
    this.#cleared = within(Promise.allSettled([this.#cleared, cleared]), CLEARED_MS);
  }

  /**
   * Asks the program's handler. `path` is relative to `<scope>__bgfetch__/`; `body` is
   * JSON, and has the handles of `bodies`. A program that cannot be booted is a reply,
   * status 500 with a Problem. Rejects with Retired only.
   */
  async request(
    method: string,
    path: string,
    body?: string,
    bodies: RequestBodies<BodyParts> = new Map(),
    signal?: AbortSignal,
  ): Promise<TextReply> {
    if (!this.#running) {
      const none = await answerOfNone(method, path, this.#context);
      if (none && !this.#running) return none;
    }
    const free = this.#handles.add(bodies);
    const url = `${new URL(this.#context.scope).origin}${this.#context.path}/${path}`;
    const headers = body === undefined ? undefined : { 'Content-Type': 'application/json' };
    try {
      return await this.#ask(
        () => new Request(url, { method, headers, body, signal }),
        async (response) => ({ status: response.status, body: await response.text() }),
      );
    } catch (error) {
      if (error instanceof Retired) throw error;
      return { status: 500, body: JSON.stringify(problem(500, error)) };
    } finally {
      free();
    }
  }

  /** The program's answer to a fetch event under our path. Never rejects. */
  async respond(request: Request): Promise<Response> {
    try {
      return await this.#ask(
        () => request,
        async (response) => response,
      );
    } catch (error) {
      const status = error instanceof Retired ? 503 : 500;
      return new Response(JSON.stringify(problem(status, error)), {
        status,
        headers: { 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store' },
      });
    }
  }

  /** Where the program ends before it has answered, its successor is asked, once. */
  async #ask<T>(request: () => Request, read: (response: Response) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { handler, unlessEnded } = await this.#run();
      try {
        return await unlessEnded((handler(request()) ?? NO_ANSWER).then(read));
      } catch (error) {
        if (!(error instanceof ProgramEnded) || attempt === 2) throw error;
      }
    }
  }

  #run(): Promise<Running> {
    if (this.#lock.lost) return Promise.reject(new Retired());
    if (!this.#running && !this.#activeWorker.isActive)
      return Promise.reject(new Error('This service worker is not the active one.'));
    this.#running ??= this.#boot().catch((error) => {
      this.#forget(0);
      this.#report(error);
      throw error;
    });
    return this.#running;
  }

  /** Once for each reason: who asks is told each time, but nobody may ask. */
  #report(error: unknown): void {
    const reason = String(error);
    if (error instanceof Retired || reason === this.#reported) return;
    this.#reported = reason;
    console.error(error instanceof Error ? error.message : reason);
  }

  async #boot(): Promise<Running> {
    await this.#cleared;
    const wait = this.#notBefore - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    await this.#lock.acquire();

    let serve!: (handler: Handler) => void;
    const serving = new Promise<Handler>((resolve) => (serve = resolve));
    const transfers = new Transfers();
    const { path, ...context } = this.#context;
    const config: HostConfig = { ...context, framing: framing() };
    const host = new HostCalls(JSON.stringify(config), this.#methods(transfers));
    const run = new GoRun({ path, setHandler: serve }, host);
    const ended = run.ended.then((reason): never => {
      transfers.closeAll();
      // A save that still runs may begin to store a segment.
      this.#clearedAfter(host.close().then(() => transfers.settled()));
      throw this.#lock.lost ? new Retired() : new ProgramEnded(reason);
    });
    // Promise.race() would hold each answer for as long as the program runs.
    const waiting = new Set<(reason: unknown) => void>();
    let why: unknown;
    ended.catch((reason) => {
      why = reason;
      waiting.forEach((reject) => reject(reason));
    });
    const unlessEnded = <T>(answer: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        if (why) reject(why);
        waiting.add(reject);
        void answer.then(resolve, reject).then(() => waiting.delete(reject));
      });

    const instance = await instantiate(this.#context, run.importObject);
    // The lock can be lost at any moment; then nothing may begin any more.
    if (this.#lock.lost) throw new Retired();
    this.#kill = (reason) => run.kill(reason);
    const startedAt = performance.now();
    run.start(instance);
    const handler = await unlessEnded(serving);
    void run.ended.then(() => this.#onEnded(performance.now() - startedAt));
    return { handler, unlessEnded };
  }

  /** @param lifetime how long the program served, ms */
  #onEnded(lifetime: number): void {
    this.#forget(lifetime);
    // A failure to boot is told to whoever asks next.
    if (this.#wanted() && !this.#lock.lost) this.#run().catch(() => {});
  }

  #forget(lifetime: number): void {
    this.#running = null;
    this.#kill = null;
    if (lifetime >= WELL_AFTER_MS) this.#delay = FIRST_DELAY_MS;
    this.#notBefore = performance.now() + this.#delay;
    this.#delay = Math.min(this.#delay * 2, LAST_DELAY_MS);
  }
}

function problem(status: number, error: unknown): Problem {
  const detail = error instanceof Error ? error.message : String(error);
  return makeProblem(status, 'The background fetch program does not run', detail);
}
