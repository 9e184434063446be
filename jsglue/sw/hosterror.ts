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

/**
 * Names of exceptions that say that there is no room, for the site or on the disk. The Cache
 * API of Firefox rejects with errors of its own where either is full.
 */
const NO_ROOM = /^(QuotaExceededError|NS_ERROR_(FILE_NO_DEVICE_SPACE|FILE_DISK_FULL|DOM_\w*QUOTA\w*))$/;

/** What WebKit says, with a TypeError, where the disk is full. */
const WEBKIT_DISK_FULL = 'Failed writing data to the file system';

/** The failure that an exception of the platform stands for. */
export function toHostFailure(error: unknown): HostFailure {
  if (error instanceof HostFailure) return error;
  const { name, message } = (error ?? {}) as Partial<Error>;
  const isFull = NO_ROOM.test(String(name)) || message === WEBKIT_DISK_FULL;
  return new HostFailure(isFull ? 'quota' : 'internal', String(error));
}
