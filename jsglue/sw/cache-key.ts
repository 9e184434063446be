import { worker } from './worker';

/** The request of an entry of a cache with bodies: keys are absolute paths of this origin. */
export function cacheKey(key: string): Request {
  return new Request(new URL(key, worker.location.origin));
}
