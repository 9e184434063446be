/**
 * Requests: from what the site passes to what is stored, and back.
 * Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-fetch
 */

import type { MatchInit, RequestBodies, StoredRequest } from './protocol';
import { formDataBody } from './form-data-bodies';
import { isDangling, notesOf } from './request-notes';
import { settingsOf } from './stored-request';
import { isIterableObject, toDictionary, toDOMString, toSequence } from './webidl';

/** RequestInfo. */
export type RequestInput = Request | string;

/** Whether a value is a Request, of any realm. */
function isRequest(value: unknown): value is Request {
  try {
    Reflect.get(Request.prototype, 'url', value);
    return true;
  } catch {
    return false;
  }
}

export function toRequestInfo(value: unknown): RequestInput {
  return isRequest(value) ? value : toDOMString(value);
}

/** (RequestInfo or sequence<RequestInfo>) */
export function toRequestInfos(value: unknown): RequestInput[] {
  if (isRequest(value)) return [value];
  return isIterableObject(value) ? toSequence(value, 'requests', toRequestInfo) : [toDOMString(value)];
}

/**
 * New Requests for what the site passed; a Request that was passed is used
 * thereafter. Throws a TypeError for what browsers refuse here; the program refuses
 * the mode no-cors, other schemes and blocked ports. Plain http from a secure page is not refused: it
 * registers and fails.
 */
export function makeRequests(inputs: RequestInput[]): Request[] {
  if (inputs.length === 0) throw new TypeError('At least one request must be given.');
  return inputs.map((input) => {
    const dangling = typeof input === 'string' ? isDangling(input) : notesOf(input).dangling;
    if (dangling) {
      const url = JSON.stringify(typeof input === 'string' ? input : input.url);
      throw new TypeError(`The URL contains a newline or tab together with "<" (dangling markup): ${url}`);
    }
    // Refuses unparsable URLs, credentials in URLs and used bodies.
    return new Request(input);
  });
}

/**
 * What is stored of a request. Its body, where it has one, is added to `bodies`, by its handle.
 * Rejects with a TypeError when the body cannot be read.
 */
export async function storeRequest(request: Request, bodies: RequestBodies): Promise<StoredRequest> {
  const { url, method, headers } = request;
  const stored: StoredRequest = { url, headers: [...headers], ...settingsOf(request) };
  stored.referrer = request.referrer === 'about:client' ? clientReferrer() : request.referrer;
  // Request.body is not there in Firefox, so ask every method that may have one.
  if (method !== 'GET' && method !== 'HEAD') {
    const body = await readBody(request);
    if (body.size > 0) {
      const handle = crypto.randomUUID();
      stored.body = { size: body.size, handle };
      bodies.set(handle, body);
    }
  }
  return stored;
}

/** The referrer "client" by its URL, since another realm, the worker, sends the request. */
function clientReferrer(): string {
  const { href } = globalThis.location;
  return href.startsWith('http') ? href.split('#')[0]! : 'about:client';
}

async function readBody(request: Request): Promise<Blob> {
  const { blob } = notesOf(request);
  if (blob) return blob;
  try {
    return await request.blob();
  } catch (error) {
    const body = formDataBody(request);
    if (body) return body;
    throw new TypeError(`The body of a request cannot be read: ${request.url} (${error})`);
  }
}

/**
 * The Request of what was stored. The body is that of the stored request, without a
 * type: its content type is among the headers.
 */
export function restoreRequest(stored: StoredRequest, body?: Blob): Request {
  const { url, headers, mode } = stored;
  const init = { ...settingsOf(stored), headers, body } as RequestInit;
  if (mode === 'navigate') delete init.mode;
  return new Request(url, init);
}

/** What the program needs to find the records that match. Bodies stay untouched. */
export function toMatchRequest(input: RequestInput): NonNullable<MatchInit['request']> {
  const { url, method, headers } = typeof input === 'string' ? new Request(input) : input;
  return { url, method, headers: [...headers] };
}

/** CacheQueryOptions */
export function toQueryOptions(value: unknown): NonNullable<MatchInit['options']> {
  const { ignoreMethod, ignoreSearch, ignoreVary } = toDictionary(value, 'options');
  return { ignoreMethod: !!ignoreMethod, ignoreSearch: !!ignoreSearch, ignoreVary: !!ignoreVary };
}
