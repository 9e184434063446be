/** A Response from a stored head and a stream of stored bytes. */

import type { Head } from './protocol';

/** https://fetch.spec.whatwg.org/#null-body-status */
const NULL_BODY_STATUS = [101, 103, 204, 205, 304];

/** What no longer holds of a body that was put together from decoded segments. */
const DROPPED_HEADERS = ['content-length', 'content-encoding'];

export function mayHaveBody(head: Head): boolean {
  return !NULL_BODY_STATUS.includes(head.status);
}

const READERS = ['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'text'] as const;

/** A body and, once its stream has errored, why. */
export interface ResponseBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly error: unknown;
}

/**
 * Throws a TypeError where the head is one that no Response can have.
 *
 * @param holds whether one of these headers is true of the response all the same
 */
export function makeResponse(
  head: Head,
  body?: ResponseBody,
  holds: (name: string, value: string) => boolean = () => false,
): Response {
  const { status, statusText = '' } = head;
  let response: Response;
  try {
    response = new Response((body?.stream ?? null) as BodyInit | null, { status, statusText, headers: head.headers ?? [] });
  } catch (error) {
    throw new TypeError(`The response cannot be shown: ${error}`);
  }
  for (const name of DROPPED_HEADERS) {
    if (!holds(name, response.headers.get(name) ?? '')) response.headers.delete(name);
  }
  return disguise(response, head, body);
}

/** Let a constructed response, and its clones, show where it came from. */
function disguise(response: Response, head: Head, body?: ResponseBody): Response {
  const { url, type, redirected = false } = head;
  for (const [name, value] of Object.entries({ url, type, redirected })) {
    Object.defineProperty(response, name, { value, configurable: true });
  }
  const method = (name: string, value: () => unknown): void => {
    Object.defineProperty(response, name, { value, configurable: true, writable: true });
  };
  const { prototype } = Response;
  method('clone', () => disguise(prototype.clone.call(response), head, body));
  for (const name of READERS) {
    const read: (() => Promise<unknown>) | undefined = prototype[name];
    // Chromium and WebKit make a TypeError of whatever the stream errored with.
    if (body && read) method(name, () => read.call(response).catch((error) => Promise.reject(body.error ?? error)));
  }
  return response;
}
