/**
 * Keeps the worker alive while there is work: each trusted event carries it for a
 * while, and the first event after a start finds out whether there is any.
 */

import type { ActiveWorker } from './active-worker';
import { hasWork } from '../shared/names';
import type { WorkerContext } from './context';
import { worker } from './worker';

/** All browsers let an event live so long. */
const HOLD_MS = 25_000;

export class Lifetime {
  #context: WorkerContext;
  #activeWorker: ActiveWorker;
  #start: () => Promise<void>;
  #mayEnd: () => boolean;
  /** Background fetches that are not done with; null until the program said so. */
  #active: number | null = null;
  #idle: (() => void)[] = [];
  #resumed: Promise<boolean> | null = null;

  /**
   * @param start boots the program, which resumes by itself
   * @param mayEnd whether another worker can go on with all that is under way
   */
  constructor(context: WorkerContext, activeWorker: ActiveWorker, start: () => Promise<void>, mayEnd: () => boolean) {
    this.#context = context;
    this.#activeWorker = activeWorker;
    this.#start = start;
    this.#mayEnd = mayEnd;
  }

  /** Whether there is work, as far as is known. */
  get busy(): boolean {
    return (this.#active ?? 0) > 0;
  }

  setActive(count: number): void {
    this.#active = count;
    if (count === 0) this.#release();
  }

  /**
   * To be called for each trusted event but install and activate: extends it by the work there
   * is, for `ms` at most. `after` is done first, as part of the event. Resolves with its end.
   *
   * Not while another worker is waiting: a browser may make it wait for our
   * events to end. The watches of pages are then enough to live on. What that
   * worker could not go on with, an upload, is waited for.
   */
  hold(event: ExtendableEvent, after: Promise<unknown> = Promise.resolve(), ms = HOLD_MS): Promise<void> {
    this.#activeWorker.event();
    if (this.#yields) this.#release();
    const done = Promise.allSettled([after, this.resume()]);
    const held = done.then(() => (this.busy && !this.#yields ? this.#idleOrTimeout(ms) : undefined));
    event.waitUntil(held);
    return held;
  }

  get #yields(): boolean {
    return worker.registration.waiting !== null && this.#mayEnd();
  }

  /**
   * The first time, boots the program if an earlier worker left work: bodies are
   * the sign that can be seen without it. Resolves with whether it was booted;
   * rejects when it could not be, and the next call tries again.
   */
  resume(): Promise<boolean> {
    // A waiting worker may be active by the next event.
    if (!this.#activeWorker.isActive) return Promise.resolve(false);
    this.#resumed ??= this.#resume().catch((error) => {
      this.#resumed = null;
      throw error;
    });
    return this.#resumed;
  }

  async #resume(): Promise<boolean> {
    const unfinished = hasWork(await caches.keys(), this.#context.scope);
    if (!unfinished || this.#active !== null) return false;
    this.#active = 1; // Until the program says better.
    try {
      await this.#start();
    } catch (error) {
      this.#active = null;
      throw error;
    }
    return true;
  }

  #release(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #idleOrTimeout(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
