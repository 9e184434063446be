import type { Problem } from './protocol';

/** A problem document that names a TypeError; `detail` is for people. */
export function makeProblem(status: number, title: string, detail: string): Problem {
  return { type: 'about:blank', title, status, detail, error: 'TypeError' };
}
