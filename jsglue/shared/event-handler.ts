/**
 * An event handler attribute, `onprogress` and its like.
 * Source: https://html.spec.whatwg.org/#event-handler-attributes
 */

import { isObject } from './webidl';

export class EventHandlerAttribute {
  #target: EventTarget;
  #type: string;
  #value: object | null = null;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  get value(): object | null {
    return this.#value;
  }

  /**
   * Every object is kept, though only functions are called; anything else is
   * null. The handler has its turn among the listeners from when it was first
   * set: replacing one by another does not move it, null gives its place up.
   */
  set value(value: unknown) {
    const before = this.#value;
    this.#value = isObject(value) ? value : null;
    if (this.#value && !before) EventTarget.prototype.addEventListener.call(this.#target, this.#type, this.#listener);
    if (!this.#value && before) EventTarget.prototype.removeEventListener.call(this.#target, this.#type, this.#listener);
  }

  #listener = (event: Event): void => {
    if (typeof this.#value !== 'function') return;
    if (this.#value.call(event.currentTarget, event) === false) event.preventDefault();
  };
}
