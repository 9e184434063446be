// Each member of background-fetch.idl against the running objects, in each realm.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'webidl2';
import { openRealms } from '../../lib/realms.mjs';
import { assert, scenario } from '../../lib/scenario.mjs';

const idl = parse(fs.readFileSync(createRequire(import.meta.url).resolve('@webref/idl/background-fetch.idl'), 'utf8'));
const required = (args) => args.filter((argument) => !argument.optional && !argument.variadic).length;

/** The definition as JSON, with what a realm has to know of it. */
function describe(definition) {
  const exposed = definition.extAttrs.find(({ name }) => name === 'Exposed')?.rhs.value;
  return {
    name: definition.name,
    partial: definition.partial,
    parent: definition.inheritance,
    exposed: exposed && [exposed].flat().map((one) => one.value ?? one),
    constructorLength: required(definition.members.find(({ type }) => type === 'constructor')?.arguments ?? []),
    attributes: definition.members
      .filter(({ type }) => type === 'attribute')
      .map(({ name, readonly, idlType }) => ({ name, readonly, promise: idlType.generic === 'Promise' })),
    operations: definition.members
      .filter(({ type }) => type === 'operation')
      .map(({ name, arguments: args, idlType }) => ({ name, length: required(args), promise: idlType.generic === 'Promise' })),
  };
}

const interfaces = idl.filter(({ type }) => type === 'interface').map(describe);
const enums = Object.fromEntries(
  idl.filter(({ type }) => type === 'enum').map(({ name, values }) => [name, values.map(({ value }) => value)]),
);

/** Members in the order of conversion: the inherited ones first, each in the order of their names. */
function dictionaryMembers(name) {
  const dictionary = idl.find((one) => one.type === 'dictionary' && one.name === name);
  const own = dictionary.members.map((member) => member.name).sort();
  const inherited = dictionary.inheritance?.startsWith('BackgroundFetch') ? dictionaryMembers(dictionary.inheritance) : [];
  return [...inherited, ...own];
}

/** Runs in the realm: what is not as Web IDL says. */
async function check(interfaces, realm) {
  const wrong = [];
  const is = (what, actual, expected) => {
    if (!Object.is(actual, expected)) wrong.push(`${what}: ${String(actual)}, not ${String(expected)}`);
  };
  const flags = (what, descriptor, expected) => {
    for (const [flag, value] of Object.entries(expected)) is(`${what} ${flag}`, descriptor?.[flag], value);
  };
  const refuses = async (what, promise, call) => {
    let result;
    try {
      result = call();
    } catch (error) {
      return is(`${what} throws`, promise || !(error instanceof TypeError), false);
    }
    if (!promise) return wrong.push(`${what} throws nothing`);
    is(`${what} gives a promise`, result instanceof Promise, true);
    const error = await Promise.resolve(result).then(
      () => undefined,
      (reason) => reason,
    );
    is(`${what} rejects with TypeError`, error instanceof TypeError, true);
  };
  const checkAttribute = async (owner, what, { name, readonly, promise }) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    flags(what, descriptor, { enumerable: true, configurable: true });
    is(`${what} getter name`, descriptor?.get?.name, `get ${name}`);
    is(`${what} getter length`, descriptor?.get?.length, 0);
    is(`${what} setter name`, descriptor?.set?.name, readonly ? undefined : `set ${name}`);
    is(`${what} setter length`, descriptor?.set?.length, readonly ? undefined : 1);
    // On a global object the object itself is a right `this`.
    for (const other of owner === self ? [{}] : [{}, owner]) {
      await refuses(`getter of ${what} for another this`, promise, () => descriptor.get.call(other));
      if (!readonly) await refuses(`setter of ${what} for another this`, false, () => descriptor.set.call(other, null));
    }
  };
  const checkOperation = async (owner, what, { name, length, promise }) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    flags(what, descriptor, { enumerable: true, configurable: true, writable: true });
    is(`${what} name`, descriptor?.value?.name, name);
    is(`${what} length`, descriptor?.value?.length, length);
    is(`${what} is no constructor`, 'prototype' in descriptor.value, false);
    const enough = Array(length).fill('x');
    for (const other of [{}, owner]) {
      await refuses(`${what} for another this`, promise, () => descriptor.value.apply(other, enough));
    }
  };
  const checkInterface = async (definition) => {
    const { name, parent, attributes, operations, constructorLength } = definition;
    const object = self[name];
    flags(name, Object.getOwnPropertyDescriptor(self, name), { enumerable: false, configurable: true, writable: true });
    is(`typeof ${name}`, typeof object, 'function');
    is(`${name}.length`, object.length, constructorLength);
    is(`${name}.name`, object.name, name);
    is(`parent of ${name}`, Object.getPrototypeOf(object), parent ? self[parent] : Function.prototype);
    const prototypeFlags = { enumerable: false, configurable: false, writable: false };
    flags(`${name}.prototype`, Object.getOwnPropertyDescriptor(object, 'prototype'), prototypeFlags);
    const { prototype } = object;
    is(`parent of ${name}.prototype`, Object.getPrototypeOf(prototype), parent ? self[parent].prototype : Object.prototype);
    const inner = { enumerable: false, configurable: true };
    flags(`${name} constructor`, Object.getOwnPropertyDescriptor(prototype, 'constructor'), {
      ...inner,
      writable: true,
      value: object,
    });
    const tag = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag);
    flags(`${name} toStringTag`, tag, { ...inner, writable: false, value: name });
    await refuses(`${name}()`, false, () => object('x', {}));
    await refuses(`new ${name}()`, false, () => new object());
    if (constructorLength > 1) await refuses(`new ${name}('x', {})`, false, () => new object('x', {}));
    const members = [...attributes, ...operations].map((member) => member.name);
    is(`members of ${name}`, Object.keys(prototype).sort().join(), members.sort().join());
    for (const one of attributes) await checkAttribute(prototype, `${name}.${one.name}`, one);
    for (const one of operations) await checkOperation(prototype, `${name}.${one.name}()`, one);
  };

  for (const definition of interfaces) {
    const { name, exposed, partial, attributes } = definition;
    if (partial) {
      if (!(name in self)) continue;
      const owner = name === 'ServiceWorkerGlobalScope' ? self : self[name].prototype;
      for (const one of attributes) await checkAttribute(owner, `${name}.${one.name}`, one);
    } else {
      const here = exposed.some(
        (one) => one === (realm === 'window' ? 'Window' : 'Worker') || (one === 'ServiceWorker' && realm === 'service'),
      );
      is(`${name} in ${realm}`, name in self, here);
      if (here && name in self) await checkInterface(definition);
    }
  }
  return wrong;
}

/** Runs in the realm: the objects themselves, and how arguments are converted. */
async function checkObjects(interfaces, enums, optionMembers, url) {
  const wrong = [];
  const expect = (what, truth) => truth || wrong.push(what);
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [self.registration];
  const { backgroundFetch: manager } = registrations[0];
  expect('one manager', registrations[0].backgroundFetch === manager);
  const read = [];
  const recording = new Proxy({}, { get: (_, key) => (typeof key === 'string' && read.push(key), undefined) });
  const id = `idl-${Math.random()}`;
  const registration = await manager.fetch(id, [url, new Request(url, { method: 'POST', body: 'x' })], recording);
  // Those of the standard first, in its order; then our additions.
  expect(`options read as ${read}`, read.slice(0, optionMembers.length).join() === optionMembers.join());
  const [record] = await registration.matchAll();
  const objects = { BackgroundFetchManager: manager, BackgroundFetchRegistration: registration, BackgroundFetchRecord: record };
  for (const [name, object] of Object.entries(objects)) {
    const { attributes, operations } = interfaces.find((one) => one.name === name);
    expect(`an instance of ${name}`, object instanceof self[name]);
    expect(`${object} is a ${name}`, String(object) === `[object ${name}]`);
    expect(`${name} has properties of its own`, Reflect.ownKeys(object).length === 0);
    const listed = [];
    for (const key in object) listed.push(key);
    for (const { name: key } of [...attributes, ...operations]) expect(`${name} lists ${key}`, listed.includes(key));
    for (const { name: key, length } of operations) {
      if (length === 0) continue;
      const error = await object[key]().catch((reason) => reason);
      expect(`${name}.${key}() without arguments: ${error}`, error instanceof TypeError);
    }
  }
  const plain = {};
  for (const key in registration) if (typeof registration[key] !== 'function') plain[key] = registration[key];
  const clone = structuredClone(plain);
  expect('its attributes can be cloned', clone.id === id && clone.onprogress === null);
  expect('result', enums.BackgroundFetchResult.includes(registration.result));
  expect('failureReason', enums.BackgroundFetchFailureReason.includes(registration.failureReason));
  expect('the same object by get()', (await manager.get(id)) === registration);
  expect('undefined for no match', (await registration.match('/elsewhere')) === undefined);
  expect('undefined for an unknown id', (await manager.get('nobody')) === undefined);
  expect('responseReady is one promise', record.responseReady === record.responseReady);

  const handler = () => {};
  for (const [given, kept] of [
    [handler, handler],
    [null, null],
    [1, null],
    ['x', null],
    [plain, plain],
    [undefined, null],
  ]) {
    registration.onprogress = given;
    expect(`onprogress = ${String(given)}`, registration.onprogress === kept);
  }
  registration.onprogress = null;
  const thrown = new Error('of the site');
  const refused = [
    ['options that are no object', () => manager.fetch('x', url, 1)],
    ['icons that are no sequence', () => manager.fetch('x', url, { icons: {} })],
    ['an icon without src', () => manager.fetch('x', url, { icons: [{}] })],
    ['a symbol for an id', () => manager.fetch(Symbol(), url)],
    ['a BigInt for downloadTotal', () => manager.fetch('x', url, { downloadTotal: 1n })],
    ['a symbol for a URL', () => manager.fetch('x', [Symbol()])],
    ['match options that are no object', () => registration.match(url, 1)],
  ];
  for (const [what, call] of refused) {
    expect(what, (await call().catch((error) => error)) instanceof TypeError);
  }
  const getter = {
    get title() {
      throw thrown;
    },
  };
  expect('what a getter throws', (await manager.fetch('x', url, getter).catch((error) => error)) === thrown);
  expect('getIds', (await manager.getIds()).join() === id);
  expect('abort', (await registration.abort()) === true && (await registration.abort()) === false);
  return wrong;
}

scenario('background-fetch.idl in all realms', { timeout: 60_000 }, async (test) => {
  const { inRealm } = await openRealms(test);
  const file = test.resource({ size: 1_000_000, rate: 10_000 });
  const problems = {};
  for (const realm of ['window', 'dedicated', 'shared', 'service']) {
    const wrong = await inRealm(realm, check, interfaces, realm);
    // Chromium gives nobody a registration in dedicated and shared workers.
    if (await inRealm(realm, () => 'serviceWorker' in navigator || 'registration' in self)) {
      const options = dictionaryMembers('BackgroundFetchOptions');
      wrong.push(...(await inRealm(realm, checkObjects, interfaces, enums, options, file.url)));
    }
    if (wrong.length > 0) problems[realm] = wrong;
  }
  assert.deepEqual(problems, {});
});
