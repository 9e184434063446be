/**
 * BackgroundFetchRecord, and how its response comes about.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-record-interface
 */

import type { BodySource } from './body-source';
import { bodyOf, unavailable } from './errors';
import type { Plan } from './plan';
import type { RecordSnapshot } from './protocol';
import { storedRequestBody } from './request-body';
import { restoreRequest } from './requests';
import { makeResponse, mayHaveBody } from './response';
import { cachedEntry, openCache, StoredBody } from './stored-body';
import { illegalUnlessInternal, INTERNAL } from './webidl';

/** Which record of which background fetch it is. Throws a TypeError for anything else. */
export let placeOf: (record: BackgroundFetchRecord) => { source: BodySource; index: number };

let create: (snapshot: RecordSnapshot, request: Request, source: BodySource) => BackgroundFetchRecord;

/** The record object of a match; `cache` names the cache where its request body lies. */
export async function makeRecord(snapshot: RecordSnapshot, cache: string, source: BodySource): Promise<BackgroundFetchRecord> {
  const { request } = snapshot;
  const { key, size = 0 } = request.body ?? {};
  if (key === undefined) return create(snapshot, restoreRequest(request, undefined), source);
  const body = await openCache(cache)
    .then((opened) => storedRequestBody(opened, key, size))
    .catch(() => null);
  const restored = restoreRequest(request, body ?? new Blob([' ']));
  // One that was deleted behind our back is as one that was read: who sends it hears of that, and the response can be read.
  if (!body) await restored.text();
  return create(snapshot, restored, source);
}

export class BackgroundFetchRecord {
  #snapshot!: RecordSnapshot;
  #request!: Request;
  #source!: BodySource;
  #response: Promise<Response> | undefined;

  static {
    create = (snapshot, request, source) => {
      const Record = BackgroundFetchRecord as unknown as new (token: symbol) => BackgroundFetchRecord;
      const object = new Record(INTERNAL);
      object.#snapshot = snapshot;
      object.#request = request;
      object.#source = source;
      return object;
    };
    placeOf = (record) => ({ source: record.#source, index: record.#snapshot.index });
  }

  constructor(...internal: unknown[]) {
    illegalUnlessInternal(internal[0]);
  }

  get request(): Request {
    return this.#request;
  }

  /** Asked for when first looked at. Rejects with AbortError or TypeError. */
  get responseReady(): Promise<Response> {
    // Attributes of a promise type reject where others throw.
    if (!(#snapshot in this)) return Promise.reject(new TypeError('Illegal invocation'));
    if (!this.#response) {
      this.#response = responseOf(this.#snapshot, this.#source);
      // Whoever reads the attribute and drops it has nothing to handle.
      this.#response.catch(() => {});
    }
    return this.#response;
  }
}

/**
 * The response, as soon as its head is known.
 *
 * Where all bytes are stored, the plan is fetched and the cache opened now: the
 * response then stays readable though the worker deletes the records.
 */
export async function responseOf(first: RecordSnapshot, source: BodySource): Promise<Response> {
  const path = `${source.path}/records/${first.index}`;
  let snapshot = first;
  while (!snapshot.head && snapshot.result === '') {
    snapshot = bodyOf<RecordSnapshot>(await source.transport.request('GET', `${path}?wait=head`));
  }
  const { head, result, exposed, generation, length } = snapshot;
  const of = `background fetch "${source.id}", record ${first.request.url},`;
  if (!head || !exposed) throw unavailable(result, of);
  // There is no body that they could be wrong of.
  if (first.request.method === 'HEAD') return makeResponse(head, undefined, () => true);
  if (result === 'bad-status' || !mayHaveBody(head)) return makeResponse(head);

  const body = new StoredBody(source, `${path}/plan?generation=${generation}`, { of });
  if (result === 'success') {
    const plan = await body.hold();
    const whole = plan && soleWhole(plan);
    // The url of a response from the network survives the site's own cache.put.
    if (whole) return cachedEntry(await openCache(plan.cache), whole.key);
  }
  // As native: there a response is shown when all of it is there.
  return makeResponse(head, body, (name, value) => {
    return name === 'content-length' && result === 'success' && value === String(length);
  });
}

function soleWhole(plan: Plan): Plan['segments'][number] | undefined {
  const [only] = plan.segments;
  return plan.end && plan.segments.length === 1 && only!.whole ? only : undefined;
}
