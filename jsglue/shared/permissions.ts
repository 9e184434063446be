/**
 * `navigator.permissions.query({ name: 'background-fetch' })`: the site's policy.
 * Source: https://wicg.github.io/background-fetch/#background-fetch-permission
 */

import { EventHandlerAttribute } from './event-handler';
import { addMembers } from './webidl';

const NAME = 'background-fetch';

interface Status {
  object: EventTarget;
  /** Shows the state, and fires change where it is another one. */
  show(state: PermissionState): void;
}

/**
 * Wraps query() for this name alone. `getState` is asked each time; the object
 * is always the same. Returns a function that asks again, if anybody has asked
 * before.
 */
export function installPermissions(getState: () => Promise<PermissionState>): () => void {
  const { Permissions } = globalThis;
  // A browser without any permissions has none to answer for.
  if (typeof Permissions !== 'function') return () => {};
  const native = Permissions.prototype.query;
  let status: Status | undefined;
  const ask = async (): Promise<EventTarget> => {
    const state = await getState();
    status ??= makeStatus(state);
    status.show(state);
    return status.object;
  };
  addMembers(Permissions.prototype, {
    async query(this: Permissions, descriptor: PermissionDescriptor): Promise<unknown> {
      const isOurs = this instanceof Permissions && (descriptor as { name?: unknown } | undefined)?.name === NAME;
      return isOurs ? ask() : Reflect.apply(native, this, arguments);
    },
  });
  return () => void (status && ask().catch(() => {}));
}

/** A PermissionStatus in all that can be seen: a real EventTarget with the attributes. */
function makeStatus(initial: PermissionState): Status {
  let state = initial;
  const object = new EventTarget();
  const onchange = new EventHandlerAttribute(object, 'change');
  const attributes = {
    get name(): string {
      return NAME;
    },
    get state(): PermissionState {
      return state;
    },
    get onchange(): object | null {
      return onchange.value;
    },
    set onchange(value: unknown) {
      onchange.value = value;
    },
    // WebKit's workers do not have the interface.
    [Symbol.toStringTag]: 'PermissionStatus',
  };
  const { PermissionStatus } = globalThis;
  Object.setPrototypeOf(attributes, typeof PermissionStatus === 'function' ? PermissionStatus.prototype : EventTarget.prototype);
  Object.setPrototypeOf(object, attributes);
  return {
    object,
    show(next) {
      if (next === state) return;
      state = next;
      object.dispatchEvent(new Event('change'));
    },
  };
}
