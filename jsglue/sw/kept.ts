/**
 * What was kept for good (`options.keep`), an addition to the standard: looked up by
 * URL, listed and deleted. serve.ts answers with it.
 */

import { bodyOf } from '../shared/errors';
import type { KeptInfo, KeptOptions } from '../shared/kept-info';
import type { KeptList, KeptRecord, Method } from '../shared/protocol';
import { responseOf } from '../shared/record';
import type { DeletedReply } from '../shared/routes';
import type { Transport } from '../shared/transport';
import { toDictionary } from '../shared/webidl';
import { fromWire } from '../shared/wire-text';

/** `kept` of the manager: a store of responses by URL. */
export class BackgroundFetchKept {
  #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The response, whose body is read as it is asked for, or undefined. */
  async match(request: RequestInfo | URL, options?: KeptOptions): Promise<Response | undefined> {
    const [record] = await this.#list(query(request, options));
    return record && responseOf(record, { transport: this.#transport, path: `fetches/${record.uniqueId}`, open: new Set() });
  }

  /** All of them, the last kept first. */
  async list(): Promise<KeptInfo[]> {
    return (await this.#list('')).map(({ request: { url }, id, title, icon = '', type, length, kept }) => ({
      url,
      icon,
      type,
      id: fromWire(id),
      title: fromWire(title),
      size: length,
      kept: new Date(kept),
    }));
  }

  /** Whether there was one. When it resolves it is gone. */
  async delete(request: RequestInfo | URL, options?: KeptOptions): Promise<boolean> {
    return (await this.#ask<DeletedReply>('DELETE', query(request, options))).deleted > 0;
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
