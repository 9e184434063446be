/**
 * BackgroundFetchEvent, BackgroundFetchUpdateUIEvent and the event handler attributes of the
 * service worker's global object, and BackgroundFetchRefreshEvent, an addition.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-service-worker-events
 */

import { EventHandlerAttribute } from '../shared/event-handler';
import type { KeptInfo } from '../shared/kept-info';
import { toUIOptions, type UIOptions } from '../shared/options';
import { isRegistration, type BackgroundFetchRegistration } from '../shared/registration';
import { defineInterface, needArguments, toDictionary, toSequence } from '../shared/webidl';
import { worker } from './worker';

/** Where there is none nothing is installed: the modules can be loaded everywhere. */
const Extendable = (worker.ExtendableEvent ?? Event) as typeof ExtendableEvent;

interface EventInitWithRegistration extends ExtendableEventInit {
  registration: BackgroundFetchRegistration;
}

/** Whether the event was fired by fire() and may still be extended. */
let isActive: (event: BackgroundFetchEvent) => boolean;
let setActive: (event: BackgroundFetchEvent, active: boolean) => void;
let setUpdate: (event: BackgroundFetchUpdateUIEvent, update: UpdateUI) => void;

/** Shows and keeps what updateUI() is given. */
export type UpdateUI = (ui: UIOptions) => Promise<void>;

/** Source: https://wicg.github.io/background-fetch/#background-fetch-event */
class BackgroundFetchEvent extends Extendable {
  #registration: BackgroundFetchRegistration;
  #active = false;

  static {
    isActive = (event) => event.#active;
    setActive = (event, active) => {
      event.#active = active;
    };
  }

  constructor(type: string, init: EventInitWithRegistration) {
    needArguments(arguments.length, 2, new.target.name);
    const { registration } = toDictionary(init, 'The event init');
    if (!isRegistration(registration)) {
      throw new TypeError('The member registration of the event init is not a BackgroundFetchRegistration.');
    }
    super(type, init);
    this.#registration = registration;
  }

  get registration(): BackgroundFetchRegistration {
    return this.#registration;
  }
}

/** Source: https://wicg.github.io/background-fetch/#backgroundfetchupdateuievent */
class BackgroundFetchUpdateUIEvent extends BackgroundFetchEvent {
  #updateUICalled = false;
  #update: UpdateUI | null = null;

  static {
    setUpdate = (event, update) => {
      event.#update = update;
    };
  }

  constructor(type: string, init: EventInitWithRegistration) {
    needArguments(arguments.length, 2, new.target.name);
    super(type, init);
  }

  /** Source: https://wicg.github.io/background-fetch/#dom-backgroundfetchupdateuievent-updateui */
  async updateUI(options: unknown = {}): Promise<void> {
    const called = this.#updateUICalled;
    const ui = toUIOptions(options);
    if (called || !isActive(this)) {
      const reason = called ? 'updateUI() was called before.' : 'The event is not active.';
      throw new DOMException(reason, 'InvalidStateError');
    }
    this.#updateUICalled = true;
    await this.#update?.(ui);
  }
}

interface RefreshEventInit extends EventInitWithRegistration {
  request: Request;
  response: Response;
}

/** What respondWith() was given, in an array; undefined where it was not called. */
let answerOf: (event: BackgroundFetchRefreshEvent) => [unknown] | undefined;

/** An addition to the standard: the site is asked for another request in place of one that was refused. */
class BackgroundFetchRefreshEvent extends BackgroundFetchEvent {
  #request: Request;
  #response: Response;
  #answer: [unknown] | undefined;

  static {
    answerOf = (event) => event.#answer;
  }

  constructor(type: string, init: RefreshEventInit) {
    needArguments(arguments.length, 2, new.target.name);
    super(type, init);
    const { request, response } = init;
    if (!(request instanceof Request)) throw new TypeError('The member request of the event init is not a Request.');
    if (!(response instanceof Response)) throw new TypeError('The member response of the event init is not a Response.');
    this.#request = request;
    this.#response = response;
  }

  get request(): Request {
    return this.#request;
  }

  get response(): Response {
    return this.#response;
  }

  /** As of a FetchEvent: once, while the event is dispatched, and not by the site. */
  respondWith(request: unknown): void {
    needArguments(arguments.length, 1, 'respondWith');
    if (this.#answer || !this.eventPhase || !isActive(this)) {
      const reason = this.#answer ? 'respondWith() was called before.' : 'The event is not being dispatched.';
      throw new DOMException(reason, 'InvalidStateError');
    }
    this.#answer = [request];
    this.stopImmediatePropagation();
  }
}

/** An addition to the standard: kept records are about to be deleted for which nobody asked. */
class BackgroundFetchEvictEvent extends Extendable {
  #records: readonly KeptInfo[];

  constructor(type: string, init: ExtendableEventInit & { records: KeptInfo[] }) {
    needArguments(arguments.length, 2, new.target.name);
    const { records } = toDictionary(init, 'The event init');
    super(type, init);
    this.#records = Object.freeze(toSequence(records, 'The member records of the event init', (one) => one as KeptInfo));
  }

  get records(): readonly KeptInfo[] {
    return this.#records;
  }
}

export const EVENTS = ['backgroundfetchsuccess', 'backgroundfetchfail', 'backgroundfetchabort', 'backgroundfetchclick'] as const;

export type EventType = (typeof EVENTS)[number];

const REFRESH = 'backgroundfetchrefresh';
const EVICT = 'backgroundfetchevict';

/** What the worker's code has thrown first since this was last unset, in words. */
let thrown: string | undefined;

/** Defines the interfaces and the event handler attributes on the worker's global object. */
export function installEvents(): void {
  defineInterface(worker, 'BackgroundFetchEvent', BackgroundFetchEvent);
  defineInterface(worker, 'BackgroundFetchUpdateUIEvent', BackgroundFetchUpdateUIEvent);
  defineInterface(worker, 'BackgroundFetchRefreshEvent', BackgroundFetchRefreshEvent);
  defineInterface(worker, 'BackgroundFetchEvictEvent', BackgroundFetchEvictEvent);
  worker.addEventListener('error', ({ message }) => (thrown ??= message));
  for (const type of [...EVENTS, REFRESH, EVICT]) {
    const attribute = new EventHandlerAttribute(worker, type);
    const name = `on${type}`;
    // Code in global scope has no `this`; any other one is refused.
    const check = (object: unknown): void => {
      if (object !== undefined && object !== null && object !== worker) throw new TypeError('Illegal invocation');
    };
    const accessor = {
      get [name](): unknown {
        check(this);
        return attribute.value;
      },
      set [name](value: unknown) {
        check(this);
        attribute.value = value;
      },
    };
    // Of a global object, attributes are properties of the object itself.
    Object.defineProperty(worker, name, {
      ...Object.getOwnPropertyDescriptor(accessor, name)!,
      enumerable: type !== REFRESH && type !== EVICT,
    });
  }
}

export interface Fired {
  /**
   * Resolves when all promises given to waitUntil() have settled, those given
   * meanwhile too, with whether there were any since the last call. Some sites
   * give a function by mistake: that is none.
   */
  extended(): Promise<boolean>;
  /** Until then the event is active. */
  end(): void;
}

/** Fires an event of that type at the worker. What listeners throw is reported by the platform. */
export function fire(type: EventType, registration: BackgroundFetchRegistration, update: UpdateUI): Fired {
  const hasUI = type === 'backgroundfetchsuccess' || type === 'backgroundfetchfail';
  const event = new (hasUI ? BackgroundFetchUpdateUIEvent : BackgroundFetchEvent)(type, { registration });
  if (event instanceof BackgroundFetchUpdateUIEvent) setUpdate(event, update);
  return extend(event, setActive);
}

/** Fires backgroundfetchevict. */
export function evicted(records: KeptInfo[]): Fired {
  return extend(new BackgroundFetchEvictEvent(EVICT, { records }), () => {});
}

export interface Asked {
  /** What a listener has for respondWith(); undefined where none has called it, after what waitUntil() was given. */
  answer: Promise<unknown>;
  /** Until then the event is active. */
  end(): void;
}

/** Fires backgroundfetchrefresh. The answer rejects where a listener threw instead of giving one. */
export function ask(registration: BackgroundFetchRegistration, request: Request, response: Response): Asked {
  const event = new BackgroundFetchRefreshEvent(REFRESH, { registration, request, response });
  thrown = undefined;
  const { extended, end } = extend(event, setActive);
  const given = answerOf(event);
  const threw = thrown;
  const answer = async (): Promise<unknown> => {
    if (given) return given[0];
    if (threw !== undefined) throw new Error(threw);
    await extended();
    return undefined;
  };
  return { answer: answer(), end };
}

/** Dispatches the event, which listeners may extend. */
function extend<E extends ExtendableEvent>(event: E, setActive: (event: E, active: boolean) => void): Fired {
  const pending: Promise<unknown>[] = [];
  let ended = false;
  // As the standard counts: active while it is dispatched, and while promises are pending.
  let holding = 1;
  const letGo = (): void => {
    if (--holding === 0) setActive(event, false);
  };
  // The platform refuses to extend events that it did not make itself. While
  // records are read it may be extended anew.
  const waitUntil = (value: unknown): void => {
    if (ended) throw new DOMException('The event is no longer active.', 'InvalidStateError');
    // Published examples do this, and nothing of what they mean to do happens, in no browser.
    if (typeof value === 'function') {
      console.warn(`${event.type}: waitUntil() was given a function, which nobody calls. Call it: waitUntil(f()).`);
    }
    if (typeof (value as Partial<PromiseLike<unknown>> | null)?.then !== 'function') return;
    const promise = Promise.resolve(value);
    pending.push(promise);
    holding++;
    setActive(event, true);
    promise.then(letGo, letGo);
  };
  Object.defineProperty(event, 'waitUntil', { value: waitUntil, configurable: true, writable: true });
  setActive(event, true);
  worker.dispatchEvent(event);
  letGo();
  const extended = async (): Promise<boolean> => {
    const any = pending.length > 0;
    while (pending.length > 0) await Promise.allSettled(pending.splice(0));
    return any;
  };
  const end = (): void => {
    ended = true;
    setActive(event, false);
  };
  return { extended, end };
}
