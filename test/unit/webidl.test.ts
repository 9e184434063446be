import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as idl from '../../jsglue/shared/webidl';

test('unsigned long long: modulo 2^64, and 0 for what is no number', () => {
  for (const [value, number] of [
    [0, 0],
    [-0, 0],
    [1.9, 1],
    [-0.9, 0],
    ['12', 12],
    ['0x10', 16],
    ['', 0],
    [null, 0],
    [undefined, 0],
    [true, 1],
    [NaN, 0],
    [Infinity, 0],
    [-Infinity, 0],
    [[], 0],
    [{}, 0],
    [new Date(5), 5],
    [2 ** 53, 2 ** 53],
    [2 ** 64, 0],
    [2 ** 64 + 4096, 4096],
    [-4096, 2 ** 64 - 4096],
    [-(2 ** 64), 0],
  ] as const) {
    assert.ok(Object.is(idl.toUnsignedLongLong(value), number), `${String(value)}: ${idl.toUnsignedLongLong(value)}`);
  }
  for (const value of [Symbol('1'), 1n]) assert.throws(() => idl.toUnsignedLongLong(value), TypeError);
});

test('DOMString: what toString() says, and no symbols', () => {
  for (const [value, text] of [
    ['a', 'a'],
    [1, '1'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ toString: () => 'own' }, 'own'],
    ['\uD800', '\uD800'],
  ] as const) {
    assert.equal(idl.toDOMString(value), text);
  }
  for (const value of [Symbol('a'), Object.create(null)]) assert.throws(() => idl.toDOMString(value), TypeError);
});

test('a dictionary is an object, or nothing', () => {
  for (const nothing of [undefined, null]) assert.deepEqual(idl.toDictionary(nothing, 'it'), {});
  for (const object of [{ a: 1 }, [], () => {}]) assert.equal(idl.toDictionary(object, 'it'), object);
  for (const other of [0, '', 'a', true, Symbol('a'), 1n]) {
    assert.throws(() => idl.toDictionary(other, 'options.retry'), { name: 'TypeError', message: /^options\.retry / });
  }
});

test('a sequence is an iterable object: a text is none', () => {
  const convert = (item: unknown) => `${item}!`;
  for (const [value, items] of [
    [
      [1, 2],
      ['1!', '2!'],
    ],
    [new Set(['a']), ['a!']],
    [[], []],
    [Object('ab'), ['a!', 'b!']],
    [Object.assign(() => {}, { [Symbol.iterator]: () => [3].values() }), ['3!']],
  ] as const) {
    assert.equal(idl.isIterableObject(value), true);
    assert.deepEqual(idl.toSequence(value, 'it', convert), items);
  }
  for (const value of ['ab', null, undefined, 1, {}, { [Symbol.iterator]: null }, { [Symbol.iterator]: undefined }]) {
    assert.equal(idl.isIterableObject(value), false);
    assert.throws(() => idl.toSequence(value, 'icons', convert), { name: 'TypeError', message: /^icons / });
  }
});

test('an item that cannot be converted ends the sequence', () => {
  assert.throws(() => idl.toSequence(['a', Symbol('b')], 'it', idl.toDOMString), TypeError);
});

test('arguments that are missing are counted', () => {
  idl.needArguments(2, 2, 'A.b');
  idl.needArguments(3, 2, 'A.b');
  assert.throws(() => idl.needArguments(1, 2, 'A.b'), { name: 'TypeError', message: /^A\.b: 2 arguments .* 1 present/ });
  assert.throws(() => idl.needArguments(0, 1, 'A.b'), /1 argument required/);
});

test('an interface object has the shape that browsers give theirs', () => {
  class Made {
    constructor(token: unknown) {
      idl.illegalUnlessInternal(token);
    }
    get attribute() {
      return 1;
    }
    operation() {}
  }
  const realm: { Fancy?: typeof Made } = {};
  idl.defineInterface(realm, 'Fancy', Made);
  assert.equal(realm.Fancy, Made);
  assert.deepEqual(Object.keys(realm), []);
  assert.deepEqual(Object.keys(Made.prototype), ['attribute', 'operation']);
  assert.equal(Made.name, 'Fancy');
  assert.equal(String(new Made(idl.INTERNAL)), '[object Fancy]');
  for (const token of [undefined, Symbol()]) assert.throws(() => new Made(token), { message: 'Illegal constructor' });
});
