/**
 * BackgroundFetchManager.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-manager
 */

import { bodyOf } from './errors';
import { instanceOf, startInstance } from './instances';
import { toFetchOptions } from './options';
import { checkPieces } from './pieces';
import type { FetchInit, FetchList, RequestBodies, Snapshot, StoredRequest } from './protocol';
import type { BackgroundFetchRegistration } from './registration';
import { makeRequests, storeRequest, toRequestInfos } from './requests';
import type { Transport } from './transport';
import { illegalUnlessInternal, INTERNAL, needArguments, toDOMString } from './webidl';
import { fromWire, toWire } from './wire-text';

export let createManager: (transport: Transport) => BackgroundFetchManager;

/** The way from the object to the program. */
export let transportOf: (object: BackgroundFetchManager) => Transport;

export class BackgroundFetchManager {
  #transport!: Transport;

  static {
    createManager = (transport) => {
      const Manager = BackgroundFetchManager as unknown as new (token: symbol) => BackgroundFetchManager;
      const object = new Manager(INTERNAL);
      object.#transport = transport;
      return object;
    };
    transportOf = (object) => object.#transport;
  }

  constructor(...internal: unknown[]) {
    illegalUnlessInternal(internal[0]);
  }

  /** Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-fetch */
  async fetch(id: unknown, requests: unknown, options: unknown = {}): Promise<BackgroundFetchRegistration> {
    const transport = this.#transport;
    needArguments(arguments.length, 2, 'BackgroundFetchManager.fetch');
    const init = { uniqueId: crypto.randomUUID(), id: toWire(toDOMString(id)) };
    const inputs = toRequestInfos(requests);
    const { init: converted, pieces } = toFetchOptions(options);
    if (!transport.hasActiveWorker()) {
      throw new TypeError('There is no active service worker: await navigator.serviceWorker.ready.');
    }
    const made = makeRequests(inputs);
    checkPieces(pieces, made);
    await transport.checkPolicy?.(made.map(({ url }) => url));

    const bodies: RequestBodies = new Map();
    const stored: StoredRequest[] = [];
    for (const request of made) stored.push({ ...(await storeRequest(request, bodies)), pieces: pieces.get(request.url) });
    const message: FetchInit = { ...init, requests: stored, ...converted };
    return startInstance(message.uniqueId, transport, async () =>
      bodyOf<Snapshot>(await transport.request('POST', 'fetches', message, bodies)),
    );
  }

  /** Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-get */
  async get(id: unknown): Promise<BackgroundFetchRegistration | undefined> {
    const transport = this.#transport;
    needArguments(arguments.length, 1, 'BackgroundFetchManager.get');
    const wanted = { id: toWire(toDOMString(id)) };
    if (wanted.id === '') throw new TypeError('The id must not be empty.');
    // While the worker is still installing there are no background fetches.
    if (!transport.hasActiveWorker()) return undefined;
    const reply = await transport.request('POST', 'ids', wanted);
    return reply.status === 404 ? undefined : instanceOf(bodyOf<Snapshot>(reply), transport);
  }

  /** Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-getids */
  async getIds(): Promise<string[]> {
    const transport = this.#transport;
    if (!transport.hasActiveWorker()) return [];
    const { fetches } = bodyOf<FetchList>(await transport.request('GET', 'fetches'));
    return fetches.map(({ id }) => fromWire(id));
  }
}
