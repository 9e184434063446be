/** The browser's own Background Fetch: ids, progress and abort are all that it tells. */

import type { Listing } from '../shared/listings';
import { textsBeside } from './beside';
import type { Source, Viewer } from './source';

/** The members of the standard that are used. */
interface Manager {
  getIds(): Promise<string[]>;
  get(id: string): Promise<Registration | undefined>;
}
interface Registration extends EventTarget, Pick<Listing, 'id' | 'uploadTotal' | 'uploaded' | 'downloadTotal' | 'downloaded'> {
  abort(): Promise<boolean>;
}

const LOOK_MS = 1000;

export class NativeSource implements Source {
  #manager: Manager;
  #origin: string;
  readonly base = '';
  #viewer: Viewer | null = null;
  #registrations = new Map<string, Registration>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(registration: ServiceWorkerRegistration) {
    this.#manager = (registration as unknown as { backgroundFetch: Manager }).backgroundFetch;
    this.#origin = registration.scope;
  }

  start(viewer: Viewer): void {
    this.#viewer = viewer;
    const look = (): void =>
      void this.#look().then(
        () => this.#viewer?.trouble(null),
        (error) => this.#viewer?.trouble(error),
      );
    look();
    this.#timer = setInterval(look, LOOK_MS);
  }

  stop(): void {
    this.#viewer = null;
    clearInterval(this.#timer);
  }

  abort = ({ id }: Listing) => this.#registrations.get(id)?.abort() ?? Promise.resolve();
  pause = unable;
  resume = unable;
  retry = unable;
  remove = unable;
  discard = unable;
  files = async () => [];
  texts = textsBeside;

  async #look(): Promise<void> {
    const ids = await this.#manager.getIds();
    for (const id of ids) {
      if (this.#registrations.has(id)) continue;
      const registration = await this.#manager.get(id);
      if (!registration) continue;
      this.#registrations.set(id, registration);
      registration.addEventListener('progress', () => this.#tell());
    }
    for (const id of this.#registrations.keys()) {
      if (!ids.includes(id)) this.#registrations.delete(id);
    }
    this.#tell();
  }

  #tell(): void {
    const fetches = [...this.#registrations.values()].map((one): Listing => {
      const { id, uploadTotal, uploaded, downloadTotal, downloaded } = one;
      const total = downloadTotal && downloadTotal + uploadTotal;
      return {
        ...{ id, uploadTotal, uploaded, downloadTotal, downloaded, total },
        ...{ uniqueId: id, result: '', failureReason: '', recordsAvailable: true, paused: false, engine: 0, revision: 0 },
        ...{ state: 'running', title: '', created: 0, url: this.#origin, records: 1 },
      };
    });
    this.#viewer?.show({ fetches, groups: [], ended: [] });
  }
}

async function unable(): Promise<void> {
  throw new TypeError("The browser's own Background Fetch cannot do that.");
}
