/** Something that is done again and again, whenever somebody asks, in turns. */

/** A turn that takes longer than this does not hold up the next one, which gets twice the time. */
const LATE_MS = 5000;
const LATEST_MS = 60_000;

interface Work {
  /** `turn` counts from 1. One that is late may end after the next. */
  run(turn: number): Promise<void>;
  failed(error: unknown, turn: number): void;
}

export class Turns {
  #work: Work;
  /** Turns so far. */
  #count = 0;
  /** The one under way, unless it is late, and the one that follows it. */
  #current: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #late = LATE_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When that goes off; Infinity while there is none. */
  #timerAt = Infinity;

  constructor(work: Work) {
    this.#work = work;
  }

  /** One at a time; who asks meanwhile gets the next one. Never rejects. */
  now(): Promise<void> {
    const current = this.#current;
    if (!current) return this.#begin();
    this.#next ??= Promise.race([current, this.#lateness(current)]).then(() => {
      this.#next = null;
      return this.#begin();
    });
    return this.#next;
  }

  /** At the earliest of the times that were asked for. */
  soon(ms: number): void {
    const at = Date.now() + ms;
    if (at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      void this.now();
    }, ms);
  }

  /** What was asked for with soon() is not wanted any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timerAt = Infinity;
  }

  #begin(): Promise<void> {
    const turn = ++this.#count;
    const current = this.#work
      .run(turn)
      .then(
        () => {
          this.#late = LATE_MS;
        },
        (error) => this.#work.failed(error, turn),
      )
      .finally(() => {
        if (this.#current === current) this.#current = null;
      });
    this.#current = current;
    return current;
  }

  /** Resolves if it is late. */
  #lateness(current: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(() => {
        if (this.#current !== current) return;
        this.#late = Math.min(2 * this.#late, LATEST_MS);
        resolve();
      }, this.#late);
    });
  }
}
