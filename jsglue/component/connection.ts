/** The way to the source of a scope: found now or when there is a worker, and anew when that is gone. */

import { registrationOf, sourceOf } from './registration';
import type { Source, Viewer } from './source';

/** Where there is no worker yet it is looked for so often. */
const LOOK_MS = 2000;

/** Who wants to know what there is, and whether anybody can tell. */
export interface Audience extends Omit<Viewer, 'lost'> {
  /** There is a worker, and it will tell. */
  found(source: Source): void;
  /** There is none, for now. */
  missing(): void;
}

export class Connection {
  #scope: string;
  #audience: Audience;
  #registration: ServiceWorkerRegistration | null = null;
  #source: Source | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Opens it. The scope is relative to the document. */
  constructor(scope: string, audience: Audience) {
    this.#scope = scope;
    this.#audience = audience;
    void this.#open();
  }

  /** Null while there is none. */
  get source(): Source | null {
    return this.#source;
  }

  /** That of the source. */
  get registration(): ServiceWorkerRegistration | null {
    return this.#registration;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.stop();
    this.#source = null;
  }

  /** Whatever fails is tried again. */
  async #open(): Promise<void> {
    const audience = this.#audience;
    try {
      const registration = await registrationOf(this.#scope);
      const source = registration?.active && (await sourceOf(registration));
      if (this.#closed) return;
      if (source) {
        this.#registration = registration;
        this.#source = source;
        audience.found(source);
        return source.start({
          show: (shown) => audience.show(shown),
          trouble: (error) => audience.trouble(error),
          lost: () => this.#lose(),
        });
      }
      audience.missing();
    } catch (error) {
      if (!this.#closed) audience.trouble(error);
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.#open(), LOOK_MS);
  }

  #lose(): void {
    this.#registration = null;
    this.#source = null;
    void this.#open();
  }
}
