/**
 * BackgroundFetchRegistration: the last snapshot as live properties.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-registration
 *
 * Objects are made and fed by instances.ts, through the functions that the
 * class hands out here; sites see nothing of them.
 */

import { bodyOf } from './errors';
import { EventHandlerAttribute } from './event-handler';
import type { AbortReply, FailureReason, MatchInit, MatchReply, Result, Snapshot } from './protocol';
import type { BodySource } from './body-source';
import { makeRecord, type BackgroundFetchRecord } from './record';
import { toMatchRequest, toQueryOptions, toRequestInfo } from './requests';
import { isOlder } from './snapshots';
import type { Transport } from './transport';
import { illegalUnlessInternal, INTERNAL, isObject, needArguments } from './webidl';
import { fromWire } from './wire-text';

/** A new object that shows the snapshot. */
export let createRegistration: (snapshot: Snapshot, transport: Transport) => BackgroundFetchRegistration;

/**
 * Show a newer snapshot, and fire progress if it changed what counts as such.
 * Resolves when every open response body has made sure of its bytes.
 */
export let showSnapshot: (object: BackgroundFetchRegistration, snapshot: Snapshot) => Promise<void>;

/** What the object shows. */
export let shownSnapshot: (object: BackgroundFetchRegistration) => Snapshot;

/** The way from the object to the program. */
export let sourceOf: (object: BackgroundFetchRegistration) => BodySource;

/** Whether a value is one of our registration objects. */
export let isRegistration: (value: unknown) => value is BackgroundFetchRegistration;

/** Hears of each snapshot that an object shows, and of the one before. */
type Trace = (snapshot: Snapshot, before?: Snapshot) => void;
let tell: Trace = () => {};

export function traceSnapshots(trace: Trace): void {
  tell = trace;
}

export class BackgroundFetchRegistration extends EventTarget {
  #snapshot!: Snapshot;
  #source!: BodySource;
  #onprogress!: EventHandlerAttribute;

  static {
    createRegistration = (snapshot, transport) => {
      const Registration = BackgroundFetchRegistration as unknown as new (token: symbol) => BackgroundFetchRegistration;
      const object = new Registration(INTERNAL);
      object.#snapshot = snapshot;
      tell(snapshot);
      object.#source = { transport, id: fromWire(snapshot.id), path: `fetches/${snapshot.uniqueId}`, open: new Set() };
      object.#onprogress = new EventHandlerAttribute(object, 'progress');
      return object;
    };
    showSnapshot = (object, snapshot) => object.#show(snapshot);
    shownSnapshot = (object) => object.#snapshot;
    sourceOf = (object) => object.#source;
    isRegistration = (value): value is BackgroundFetchRegistration => isObject(value) && #snapshot in value;
  }

  constructor(...internal: unknown[]) {
    illegalUnlessInternal(internal[0]);
    super();
  }

  get id(): string {
    return fromWire(this.#snapshot.id);
  }
  /** Bytes. */
  get uploadTotal(): number {
    return this.#snapshot.uploadTotal;
  }
  /** Bytes. */
  get uploaded(): number {
    return this.#snapshot.uploaded;
  }
  /** Bytes, 0 where the site gave none. */
  get downloadTotal(): number {
    return this.#snapshot.downloadTotal;
  }
  /** Bytes stored of all response bodies. */
  get downloaded(): number {
    return this.#snapshot.downloaded;
  }
  get result(): Result {
    return this.#snapshot.result;
  }
  get failureReason(): FailureReason {
    return this.#snapshot.failureReason;
  }
  get recordsAvailable(): boolean {
    return this.#snapshot.recordsAvailable;
  }

  get onprogress(): object | null {
    return this.#onprogress.value;
  }
  set onprogress(value: unknown) {
    this.#onprogress.value = value;
  }

  /**
   * Resolves with whether it was still active.
   * Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchregistration-abort
   */
  async abort(): Promise<boolean> {
    const { transport, path } = this.#source;
    const { result } = this.#snapshot;
    const reply = await transport.request('POST', `${path}/abort?call=${Math.random()}`).catch((error) => {
      // Its registration went away before the answer came, and it is aborted all the same.
      if (this.#snapshot.failureReason !== 'aborted') throw error;
    });
    if (!reply) return result === '';
    // Deleted long ago, so no longer active.
    if (reply.status === 404) return false;
    return bodyOf<AbortReply>(reply).aborted;
  }

  /**
   * Resolves with the first matching record, or undefined.
   * Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchregistration-match
   */
  async match(request: unknown, options: unknown = {}): Promise<BackgroundFetchRecord | undefined> {
    this.#snapshot;
    needArguments(arguments.length, 1, 'BackgroundFetchRegistration.match');
    const input = toRequestInfo(request);
    const [first] = await this.#match({ options: toQueryOptions(options), request: toMatchRequest(input), first: true });
    return first;
  }

  /** Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchregistration-matchall */
  async matchAll(request: unknown = undefined, options: unknown = {}): Promise<BackgroundFetchRecord[]> {
    this.#snapshot;
    const input = request === undefined ? undefined : toRequestInfo(request);
    const init: MatchInit = { options: toQueryOptions(options) };
    if (input !== undefined) init.request = toMatchRequest(input);
    return this.#match(init);
  }

  async #match(init: MatchInit): Promise<BackgroundFetchRecord[]> {
    if (!this.#snapshot.recordsAvailable) {
      throw new DOMException('The records of this background fetch are no longer available.', 'InvalidStateError');
    }
    const { transport, path } = this.#source;
    const { cache, records } = bodyOf<MatchReply>(await transport.request('POST', `${path}/match`, init));
    return Promise.all(records.map((record) => makeRecord(record, cache, this.#source)));
  }

  /** Source: https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm */
  async #show(snapshot: Snapshot): Promise<void> {
    const before = this.#snapshot;
    if (isOlder(snapshot, before)) return;
    if (before.result !== '') {
      // Only this can still change; a late snapshot takes nothing back.
      this.#snapshot = { ...before, recordsAvailable: before.recordsAvailable && snapshot.recordsAvailable };
      return;
    }
    this.#snapshot = snapshot;
    tell(snapshot, before);
    const changed = (['downloaded', 'uploaded', 'result', 'failureReason'] as const).some(
      (name) => before[name] !== snapshot[name],
    );
    // Ask first: a listener may keep the realm busy, and the worker waits.
    const held = snapshot.result === '' ? [] : [...this.#source.open].map((body) => body.hold());
    if (changed) this.dispatchEvent(new Event('progress'));
    if (before.state !== snapshot.state) this.dispatchEvent(new Event('statechange'));
    await Promise.all(held);
  }
}
