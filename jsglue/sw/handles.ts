/** Request bodies on their way to the program. */

import type { RequestBodies } from '../shared/protocol';
import type { BodyParts } from '../shared/request-body';
import { HostFailure } from './hosterror';

/**
 * The bodies that came with fetch(), from the request to the program until its reply. A
 * page sends a request again that is not answered: then two have bodies of one handle.
 */
export class Handles {
  /** Those of each request under way, the last one last. */
  #requests = new Set<RequestBodies<BodyParts>>();

  /** Keeps the bodies of a request until the function that it returns is called. */
  add(bodies: RequestBodies<BodyParts>): () => void {
    const kept = new Map(bodies);
    this.#requests.add(kept);
    return () => void this.#requests.delete(kept);
  }

  /** As the last request brought it, whose port was opened last. */
  get(handle: string): BodyParts {
    const last = [...this.#requests].reverse().find((bodies) => bodies.has(handle));
    const body = last?.get(handle);
    if (!body) throw new HostFailure('internal', `There is no request body with the handle ${handle}.`);
    return body;
  }
}
