/** Failures of calls of the Go program, as host.ts names them. */

import type { HostError } from './host';

export class HostFailure extends Error {
  readonly code: HostError;

  /** @param code what the core tells apart; message is for people. */
  constructor(code: HostError, message: string) {
    super(message);
    this.name = 'HostFailure';
    this.code = code;
  }
}

/** The failure that an exception of the platform stands for. */
export function toHostFailure(error: unknown): HostFailure {
  if (error instanceof HostFailure) return error;
  const name = (error as { name?: unknown } | null)?.name;
  return new HostFailure(name === 'QuotaExceededError' ? 'quota' : 'internal', String(error));
}
