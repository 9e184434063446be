/** From problem replies and failure reasons to the exceptions that sites expect. */

import { ERROR_NAMES, type FailureReason, type Problem, type RecordSnapshot } from './protocol';
import type { Reply } from './transport';

type ErrorName = Problem['error'];

/**
 * The exception of that name. QuotaExceededError is a class of its own in new
 * browsers and a DOMException of that name in older ones.
 */
export function namedError(name: ErrorName, message: string): Error {
  if (name === 'TypeError') return new TypeError(message);
  const quota = (globalThis as { QuotaExceededError?: new (message: string) => Error }).QuotaExceededError;
  if (name === 'QuotaExceededError' && typeof quota === 'function') return new quota(message);
  return new DOMException(message, name);
}

/** The exception that a reply with status >= 400 asks for. A TypeError where it does not say. */
export function errorOf(reply: Reply): Error {
  const problem = (reply.body ?? {}) as Partial<Problem>;
  const name = ERROR_NAMES.find((known) => known === problem.error) ?? 'TypeError';
  return namedError(name, problem.detail || problem.title || `The background fetch worker answered ${reply.status}.`);
}

/** The body of a reply; throws the exception of a problem. */
export function bodyOf<T>(reply: Reply): T {
  if (reply.status >= 400) throw errorOf(reply);
  return reply.body as T;
}

/**
 * Why a response, or the rest of its body, does not come.
 *
 * @param of the background fetch and the record, for people
 */
export function unavailable(reason: RecordSnapshot['result'] | FailureReason, of: string): Error {
  return reason === 'aborted'
    ? new DOMException(`${of} was aborted.`, 'AbortError')
    : new TypeError(`The response of ${of} is not available${reason ? `: ${reason}` : ''}. The log at __bgfetch__/ tells why.`);
}
