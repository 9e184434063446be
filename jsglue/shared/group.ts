/**
 * BackgroundFetchGroup, an addition to the standard: the background fetches that have the same
 * `group` as one live object. The program has the sums; objects are fed by transports.
 */

import { ask, changeOptions, type Addressee } from './asking';
import { bodyOf } from './errors';
import { EventHandlerAttribute } from './event-handler';
import { groupQuery, toGroup } from './group-name';
import type { AbortReply, GroupSnapshot } from './protocol';
import { isOlder } from './snapshots';
import type { NetworkOptions } from './network-options';
import type { State } from './states';
import type { Groups, Transport } from './transport';
import { illegalUnlessInternal, INTERNAL } from './webidl';
import { fromWire } from './wire-text';

let show: (object: BackgroundFetchGroup, snapshot: GroupSnapshot) => void;

/** Let the objects show these snapshots, and fire their events. */
export function tellGroups(groups: Groups, snapshots: GroupSnapshot[] = []): void {
  for (const snapshot of snapshots) {
    const object = groups.get(snapshot.group);
    if (object) show(object as BackgroundFetchGroup, snapshot);
  }
}

/** The object of that name, which is told from now on. */
export function groupOf(transport: Transport, value: unknown): BackgroundFetchGroup {
  const name = toGroup(value, 'name');
  let object = transport.groups.get(name) as BackgroundFetchGroup | undefined;
  if (!object) {
    const Group = BackgroundFetchGroup as unknown as new (...internal: unknown[]) => BackgroundFetchGroup;
    transport.groups.set(name, (object = new Group(INTERNAL, transport, name)));
    transport.watchGroup(name);
  }
  return object;
}

export class BackgroundFetchGroup extends EventTarget {
  #snapshot: GroupSnapshot;
  #addressee: Addressee;
  #onprogress = new EventHandlerAttribute(this, 'progress');
  #onstatechange = new EventHandlerAttribute(this, 'statechange');

  static {
    show = (object, snapshot) => object.#show(snapshot);
  }

  constructor(...internal: unknown[]) {
    const [token, transport, group] = internal as [symbol, Transport, string];
    illegalUnlessInternal(token);
    super();
    this.#addressee = { transport, path: 'groups', query: groupQuery(group) };
    this.#snapshot = {
      ...{ engine: 0, revision: 0, group, ids: [], states: {}, results: { success: 0, failure: 0 }, state: 'settled' },
      ...{ downloaded: 0, downloadTotal: 0, uploaded: 0, uploadTotal: 0 },
    };
  }

  get name(): string {
    return fromWire(this.#snapshot.group);
  }
  get ids(): string[] {
    return this.#snapshot.ids.map(fromWire);
  }
  get downloaded(): number {
    return this.#snapshot.downloaded;
  }
  get downloadTotal(): number {
    return this.#snapshot.downloadTotal;
  }
  get uploaded(): number {
    return this.#snapshot.uploaded;
  }
  get uploadTotal(): number {
    return this.#snapshot.uploadTotal;
  }
  get state(): State {
    return this.#snapshot.state;
  }
  get states(): GroupSnapshot['states'] {
    return this.#snapshot.states;
  }
  get results(): GroupSnapshot['results'] {
    return this.#snapshot.results;
  }

  get onprogress(): object | null {
    return this.#onprogress.value;
  }
  set onprogress(value: unknown) {
    this.#onprogress.value = value;
  }
  get onstatechange(): object | null {
    return this.#onstatechange.value;
  }
  set onstatechange(value: unknown) {
    this.#onstatechange.value = value;
  }

  async pause(): Promise<boolean> {
    return ask(this.#addressee, 'pause');
  }
  async resume(): Promise<boolean> {
    return ask(this.#addressee, 'resume');
  }
  async abort(): Promise<boolean> {
    const { transport, path, query } = this.#addressee;
    return bodyOf<AbortReply>(await transport.request('POST', `${path}/abort${query}&call=${Math.random()}`)).aborted;
  }
  async setOptions(options: NetworkOptions): Promise<boolean> {
    return changeOptions(this.#addressee, options);
  }

  #show(snapshot: GroupSnapshot): void {
    const before = this.#snapshot;
    if (isOlder(snapshot, before)) return;
    this.#snapshot = snapshot;
    const fire = (type: string, what: (sums: GroupSnapshot) => unknown): void => {
      if (JSON.stringify(what(before)) !== JSON.stringify(what(snapshot))) this.dispatchEvent(new Event(type));
    };
    fire('progress', ({ downloaded, downloadTotal, uploaded, uploadTotal }) => [
      downloaded,
      downloadTotal,
      uploaded,
      uploadTotal,
    ]);
    fire('statechange', ({ ids, states, results }) => [ids, states, results]);
  }
}
