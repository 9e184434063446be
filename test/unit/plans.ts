/** A program that answers with plans, for tests of what reads stored bodies. */

import type { Plan, PlanSegment } from '../../jsglue/shared/plan';
import type { Reply, Transport } from '../../jsglue/shared/transport';

export const CACHE = 'bodies';

/** Puts segments of these texts into the cache, and returns where they are, from byte 0 on. */
export async function store(...texts: string[]): Promise<PlanSegment[]> {
  const cache = await caches.open(CACHE);
  let offset = 0;
  const segments = [];
  for (const text of texts) {
    const segment = { key: `/segment/${offset}`, offset, length: text.length };
    await cache.put(segment.key, new Response(text));
    segments.push(segment);
    offset += text.length;
  }
  return segments;
}

export function planOf(segments: PlanSegment[], more: Partial<Plan> = {}): Plan {
  return { cache: CACHE, segments, end: false, ...more };
}

/** Each question is answered with the next plan; when there is none left, never. */
export class Plans implements Transport {
  /** The query of each question, after the path of the plan. */
  asked: string[] = [];
  signals: (AbortSignal | undefined)[] = [];
  #plans: Plan[];

  constructor(...plans: Plan[]) {
    this.#plans = plans;
  }

  request(...[, path, , , signal]: Parameters<Transport['request']>): Promise<Reply> {
    this.asked.push(path.replace(/^.*\/plan\?generation=0&/, ''));
    this.signals.push(signal);
    const plan = this.#plans.shift();
    return plan ? Promise.resolve({ status: 200, body: plan }) : new Promise(() => {});
  }

  readonly groups = new Map();
  watch(): void {}
  unwatch(): void {}
  watchGroup(): void {}
  hasActiveWorker = () => true;
}

export async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}
