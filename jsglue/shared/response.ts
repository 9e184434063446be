/** A Response from a stored head and a stream of stored bytes. */

import type { Head } from './protocol';

/** https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY_STATUS = [101, 103, 204, 205, 304];

/** What no longer holds of a body that was put together from decoded pieces. */
const DROPPED_HEADERS = ['content-range', 'content-length', 'content-encoding'];

export function mayHaveBody(head: Head): boolean {
  return !NULL_BODY_STATUS.includes(head.status);
}

/** Throws a TypeError where the head is one that no Response can have. */
export function makeResponse(head: Head, body: ReadableStream<Uint8Array> | null): Response {
  const { status, statusText = '' } = head;
  let response: Response;
  try {
    response = new Response(body as BodyInit | null, { status, statusText, headers: head.headers ?? [] });
  } catch (error) {
    throw new TypeError(`The response cannot be shown: ${error}`);
  }
  for (const name of DROPPED_HEADERS) response.headers.delete(name);
  return as(head, response);
}

/** Let a constructed response, and its clones, show where it came from. */
function as(head: Head, response: Response): Response {
  const { url, type, redirected = false } = head;
  const clone = (): Response => as(head, Response.prototype.clone.call(response));
  for (const [name, value] of Object.entries({ url, type, redirected, clone })) {
    Object.defineProperty(response, name, { value, configurable: true, writable: name === 'clone' });
  }
  return response;
}
