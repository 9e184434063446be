/** The way of this worker's own objects to the program: it is in the same realm. */

import { tellGroups } from '../shared/group';
import { groupQuery } from '../shared/group-name';
import { makeProblem } from '../shared/problem';
import type { GroupSnapshot, Method, RequestBodies } from '../shared/protocol';
import type { Groups, Reply, Transport } from '../shared/transport';
import type { ActiveWorker } from './active-worker';
import { NONE } from './idle';
import type { Program, TextReply } from './program';
import { worker } from './worker';

/** What is being asked about a background fetch by code in this worker. */
export class LocalTransport implements Transport {
  readonly groups: Groups;
  #program: Program;
  #activeWorker: ActiveWorker;
  /** Requests under way, by unique id; and when the last one ended, performance.now(). */
  #open = new Map<string, { count: number; idleSince: number }>();

  constructor(program: Program, activeWorker: ActiveWorker, groups: Groups) {
    this.groups = groups;
    this.#program = program;
    this.#activeWorker = activeWorker;
  }

  async request(method: Method, path: string, body?: unknown, bodies?: RequestBodies, signal?: AbortSignal): Promise<Reply> {
    await this.#activeWorker.known;
    const done = this.#begin(/^fetches\/([^/?]+)/.exec(path)?.[1]);
    try {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const reply = this.#activeWorker.isActive
        ? await this.#program.request(method, path, text, bodies, signal).catch((error) => {
            throw new TypeError(error.message);
          })
        : inactive(method, path);
      return { status: reply.status, body: parse(reply.body) };
    } finally {
      done();
    }
  }

  /** Instances of this realm are told of everything, see watchers.ts. */
  watch(): void {}
  unwatch(): void {}

  /** What there is of a group nobody tells. Where it cannot be had, the next change tells it. */
  watchGroup(name: string): void {
    void this.request('GET', `groups${groupQuery(name)}`).then(
      ({ status, body }) => status === 200 && tellGroups(this.groups, [body as GroupSnapshot]),
      () => {},
    );
  }

  hasActiveWorker(): boolean {
    return worker.registration.active !== null;
  }

  /**
   * Resolves when nothing was asked about this background fetch for graceMs: by
   * then each listener that is reading records has opened what it reads, which
   * stays readable. At the latest after limitMs, or when signal aborts.
   */
  async idle(uniqueId: string, graceMs: number, limitMs: number, signal: AbortSignal): Promise<void> {
    const start = performance.now();
    this.#begin(uniqueId)();
    while (!signal.aborted && performance.now() - start < limitMs) {
      const { count, idleSince } = this.#open.get(uniqueId)!;
      const left = count > 0 ? graceMs : idleSince + graceMs - performance.now();
      if (left <= 0) break;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
    this.#open.delete(uniqueId);
  }

  #begin(uniqueId: string | undefined): () => void {
    if (uniqueId === undefined) return () => {};
    const entry = this.#open.get(uniqueId) ?? { count: 0, idleSince: 0 };
    this.#open.set(uniqueId, entry);
    entry.count++;
    return () => {
      entry.count--;
      entry.idleSince = performance.now();
    };
  }
}

/** Nobody but the active worker knows of background fetches: to the others there are none. */
function inactive(method: string, path: string): TextReply {
  const detail = 'This service worker is not the active one of its registration.';
  return (
    NONE[`${method} ${path}`] ??
    (method === 'GET'
      ? { status: 404, body: '' }
      : { status: 400, body: JSON.stringify(makeProblem(400, 'Not the active worker', detail)) })
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
