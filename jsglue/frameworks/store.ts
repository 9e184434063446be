/** What frameworks subscribe to: a value that is another one whenever it has changed, and only then. */

export abstract class Store<T extends object> {
  #snapshot: T;
  #listeners = new Set<() => void>();

  constructor(empty: T) {
    this.#snapshot = empty;
  }

  /** The same object until something has changed. */
  getSnapshot = (): T => this.#snapshot;

  /** Returns how to end it. Where there is no document, as on a server, nothing is asked and nothing follows. */
  subscribe = (listener: () => void): (() => void) => {
    if (typeof document === 'undefined') return () => {};
    // One that is given twice is two.
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.open();
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.close();
    };
  };

  /** Somebody wants to know. */
  protected abstract open(): void;
  /** Nobody does any more. */
  protected abstract close(): void;

  protected set(next: T): void {
    if (isSame(this.#snapshot, next)) return;
    this.#snapshot = next;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Whether all members are. Two dates are the same when their times are. */
export function isSame<T extends object>(one: T, other: T): boolean {
  const names = Object.keys(one) as (keyof T)[];
  return names.every((name) => valueOf(one[name]) === valueOf(other[name]));
}

function valueOf(member: unknown): unknown {
  return member instanceof Date ? member.getTime() : member;
}

export function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
