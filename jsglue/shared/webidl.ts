/**
 * Web IDL, as far as the interfaces of background-fetch.idl need it: the shape
 * of interface objects, and conversions of arguments. All of them throw the
 * TypeErrors of the standard; in an async method that is a rejection.
 * Source: https://webidl.spec.whatwg.org/
 */

/** Passed to constructors of ours: for everyone else they are illegal. */
export const INTERNAL = Symbol();

export function illegalUnlessInternal(token: unknown): void {
  if (token !== INTERNAL) throw new TypeError('Illegal constructor');
}

/**
 * Give a class the shape of an interface object and make it a property of the
 * global object: not enumerable there, its members enumerable on the prototype.
 * The name is set because minifying changes that of the class.
 */
export function defineInterface(globalObject: object, name: string, interfaceObject: Function): void {
  Object.defineProperty(interfaceObject, 'name', { value: name, configurable: true });
  const { prototype } = interfaceObject;
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member !== 'constructor') Object.defineProperty(prototype, member, { enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  Object.defineProperty(globalObject, name, { value: interfaceObject, writable: true, configurable: true });
}

/**
 * Give a prototype the members of another object, over those that it has. Those of an object literal
 * are, like attributes and operations, enumerable; those of a class are not.
 */
export function addMembers(to: object, from: object): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(from))) {
    if (name !== 'constructor') Object.defineProperty(to, name, descriptor);
  }
}

/** Throws unless at least `required` arguments were given. `method` is "Interface.method". */
export function needArguments(given: number, required: number, method: string): void {
  if (given < required) {
    throw new TypeError(`${method}: ${required} argument${required > 1 ? 's' : ''} required, but only ${given} present.`);
  }
}

export function toDOMString(value: unknown): string {
  // A template, unlike String(), refuses symbols as the standard does.
  return `${value}`;
}

/** unsigned long long, without [EnforceRange]: modulo 2^64, and 0 for what is no number. */
export function toUnsignedLongLong(value: unknown): number {
  const number = Math.trunc(+(value as number));
  if (!Number.isFinite(number)) return 0;
  const remainder = number % 2 ** 64;
  // The sum also turns -0 into 0.
  return remainder < 0 ? remainder + 2 ** 64 : remainder + 0;
}

/** Functions are objects, too. */
export function isObject(value: unknown): value is object {
  return Object(value) === value;
}

/** The members of a dictionary, to be read in the order of the standard. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new TypeError(`${what} is not an object.`);
  return value as Record<string, unknown>;
}

/** Whether a union with a sequence takes the value as the sequence. */
export function isIterableObject(value: unknown): value is Iterable<unknown> {
  if (!isObject(value)) return false;
  const method = (value as Partial<Iterable<unknown>>)[Symbol.iterator];
  return method !== undefined && method !== null;
}

export function toSequence<T>(value: unknown, what: string, convert: (item: unknown) => T): T[] {
  if (!isIterableObject(value)) throw new TypeError(`${what} is not a sequence.`);
  return Array.from(value, convert);
}
