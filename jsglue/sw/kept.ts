/**
 * What was kept for good (`options.keep`), an addition to the standard: looked up by
 * URL, listed and deleted. serve.ts answers with it.
 */

import { bodyOf } from '../shared/errors';
import type { BodySource } from '../shared/body-source';
import type { KeptGroup, KeptInfo, KeptOptions } from '../shared/kept-info';
import type { KeptList, KeptRecord, KeptUsage, Method } from '../shared/protocol';
import { responseOf } from '../shared/record';
import type { DeletedReply } from '../shared/routes';
import type { Transport } from '../shared/transport';
import { toDictionary } from '../shared/webidl';
import { fromWire, toWire } from '../shared/wire-text';

/** Bodies that are being read, by unique id. */
const reading = new Map<string, BodySource['open']>();

function openOf(uniqueId: string): BodySource['open'] {
  let open = reading.get(uniqueId);
  if (!open) reading.set(uniqueId, (open = new Set()));
  return open;
}

/** Whether a response that match() gave is being read. */
export function isBeingRead(uniqueId: string): boolean {
  return (reading.get(uniqueId)?.size ?? 0) > 0;
}

export function toKeptInfo(record: KeptRecord): KeptInfo {
  const { request, id, title, icon = '', type, length, kept, group = '', expires, pinned = false } = record;
  return {
    url: request.url,
    icon,
    type,
    id: fromWire(id),
    title: fromWire(title),
    size: length,
    kept: new Date(kept),
    group: fromWire(group),
    expires: expires ? new Date(expires) : null,
    pinned,
  };
}

/** `kept` of the manager: a store of responses by URL. */
export class BackgroundFetchKept {
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The response, whose body is read as it is asked for, or undefined. */
  async match(request: RequestInfo | URL, options?: KeptOptions): Promise<Response | undefined> {
    const [record] = await this.#list(query(request, options));
    return (
      record &&
      responseOf(record, { transport: this.#transport, path: `fetches/${record.uniqueId}`, open: openOf(record.uniqueId) })
    );
  }

  /** All of them, the last kept first. */
  async list(): Promise<KeptInfo[]> {
    return (await this.#list('')).map(toKeptInfo);
  }

  /** How many bytes are kept, in all and by group; what is in none is under "". */
  async usage(): Promise<KeptUsage> {
    if (!this.#transport.hasActiveWorker()) return { bytes: 0, groups: {} };
    const { bytes, groups } = bodyOf<KeptUsage>(await this.#transport.request('GET', 'usage'));
    return { bytes, groups: Object.fromEntries(Object.entries(groups).map(([group, size]) => [fromWire(group), size])) };
  }

  /** By URL, or all of a group. Whether there was one. When it resolves it is gone. */
  async delete(request: RequestInfo | URL | KeptGroup, options?: KeptOptions): Promise<boolean> {
    const group = (request as Partial<KeptGroup> | null)?.group;
    const asked =
      group === undefined ? query(request as RequestInfo | URL, options) : `?group=${encodeURIComponent(toWire(String(group)))}`;
    return (await this.#ask<DeletedReply>('DELETE', asked)).deleted > 0;
  }

  async #list(asked: string): Promise<KeptRecord[]> {
    return this.#transport.hasActiveWorker() ? (await this.#ask<KeptList>('GET', asked)).records : [];
  }

  async #ask<T>(method: Method, asked: string): Promise<T> {
    return bodyOf<T>(await this.#transport.request(method, `kept${asked}`));
  }
}

/** For `url`, resolved as a Request resolves it, and options. Throws a TypeError. */
export function query(request: RequestInfo | URL, options: unknown): string {
  const { ignoreSearch } = toDictionary(options, 'options');
  const { url } = new Request(request);
  return `?url=${encodeURIComponent(url)}${ignoreSearch ? '&ignoreSearch' : ''}`;
}
