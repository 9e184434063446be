import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbids } from '../../jsglue/page/source-list';
import { within } from '../../jsglue/shared/deadline';
import { toNetworkOptions } from '../../jsglue/shared/network-options';
import { toFetchOptions } from '../../jsglue/shared/options';
import type { Snapshot } from '../../jsglue/shared/protocol';
import { toRemainsOptions } from '../../jsglue/shared/remains';
import { RETRY_BOUNDS, toRetryOptions } from '../../jsglue/shared/retry';
import { toKeepMax } from '../../jsglue/sw/keep-max';
import { listens } from '../../jsglue/sw/telemetry';
import { afterSilence } from '../../jsglue/shared/silence';
import { isOlder, lost } from '../../jsglue/shared/snapshots';

test('retry: each member within its bounds, and the error names the one that is not', () => {
  assert.deepEqual(toRetryOptions(undefined, 'retry'), {});
  assert.deepEqual(toRetryOptions({ other: 1 }, 'retry'), {});
  for (const [name, [lowest, highest]] of Object.entries(RETRY_BOUNDS)) {
    for (const good of [lowest, highest]) assert.deepEqual(toRetryOptions({ [name]: good }, 'retry'), { [name]: good });
    for (const bad of [lowest - 1, highest + 1, 1.5, NaN, Infinity, '3', null]) {
      assert.throws(
        () => toRetryOptions({ [name]: bad }, 'options.retry'),
        (error: Error) => error instanceof TypeError && error.message.startsWith(`options.retry.${name} `),
      );
    }
  }
});

test('network options: what is none of the values is refused by name', () => {
  assert.deepEqual(toNetworkOptions({}, 'o'), { maxBandwidth: undefined, network: undefined, priority: undefined });
  assert.equal(toNetworkOptions({ maxBandwidth: 0 }, 'o').maxBandwidth, 0);
  for (const bad of [
    { priority: 'highest' },
    { network: 'wifi' },
    { maxBandwidth: -1 },
    { maxBandwidth: 2 ** 53 },
    { maxBandwidth: '1' },
  ]) {
    assert.throws(() => toNetworkOptions(bad, 'o'), new RegExp(`^TypeError: o\\.${Object.keys(bad)[0]} `));
  }
});

test('what is refused is told with what it must be', () => {
  const message = (use: () => unknown): string => {
    try {
      return String(use());
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.deepEqual(
    [
      message(() => toNetworkOptions({ priority: 'highest' }, 'options')),
      message(() => toNetworkOptions({ network: 5 }, 'options')),
      message(() => toNetworkOptions({ maxBandwidth: NaN }, 'options')),
      message(() => toRetryOptions({ backOff: '5' }, 'options.retry')),
      message(() => toFetchOptions({ paused: 'yes' })),
      message(() => toFetchOptions({ keep: { expires: 'soon' } })),
    ],
    [
      "options.priority must be 'high' or 'normal' or 'low', not 'highest'",
      "options.network must be 'any' or 'unmetered', not 5",
      'options.maxBandwidth must be a whole number, not NaN',
      "options.retry.backOff must be a whole number from 1 to 2147483647, not '5'",
      "options.paused must be true or false, not 'yes'",
      "options.keep.expires must be a time, not 'soon'",
    ],
  );
});

test('remains: what is out of range is refused by name', () => {
  assert.equal(toRemainsOptions(false, 'o'), null);
  assert.deepEqual(toRemainsOptions(undefined, 'o'), { days: undefined, maxBytes: undefined });
  assert.deepEqual(toRemainsOptions({ days: 0.5, maxBytes: 0 }, 'o'), { days: 0.5, maxBytes: 0 });
  for (const bad of [
    { days: 0 },
    { days: -1 },
    { days: 4000 },
    { days: NaN },
    { days: Infinity },
    { days: '7' },
    { days: null },
    { maxBytes: -1 },
    { maxBytes: 1.5 },
    { maxBytes: NaN },
    { maxBytes: Infinity },
    { maxBytes: 2 ** 53 },
    { maxBytes: '5' },
    { maxBytes: null },
  ]) {
    assert.throws(() => toRemainsOptions(bad, 'o'), new RegExp(`^TypeError: o\\.${Object.keys(bad)[0]} `));
  }
  for (const bad of [true, 7, '7']) assert.throws(() => toRemainsOptions(bad, 'o'), /^TypeError: o is not an object/);
});

test('keepMax: bytes above 1, else a share; what is neither is refused by name', () => {
  const what = 'backgroundFetchOptions.keepMax';
  assert.deepEqual(toKeepMax(undefined, what), {});
  for (const bytes of [2, 5e9, 2 ** 53 - 1]) assert.deepEqual(toKeepMax(bytes, what), { bytes });
  for (const share of [Number.MIN_VALUE, 0.5, 1]) assert.deepEqual(toKeepMax(share, what), { share });
  for (const bad of [-5, -0.5, 0, NaN, 1.5, 2 ** 53, Infinity, '5', null, true, {}]) {
    assert.throws(() => toKeepMax(bad, what), /^TypeError: backgroundFetchOptions\.keepMax /, String(bad));
  }
});

test('onlog: a function, or nothing; what is neither is refused by name', () => {
  assert.equal(listens({ onlog: () => {} }), true);
  for (const onlog of [null, undefined]) assert.equal(listens({ onlog }), false);
  for (const bad of [false, 0, '', 'console.log', {}, []]) {
    assert.throws(() => listens({ onlog: bad as never }), /^TypeError: backgroundFetchOptions\.onlog is neither/, String(bad));
  }
});

test('connect-src: what a policy says of a URL', () => {
  const self = 'https://a.test';
  for (const [policy, url, forbidden] of [
    ['', 'https://b.test/', false],
    ["default-src 'none'", 'https://a.test/', true],
    ["default-src 'none'; connect-src *", 'http://b.test/', false],
    ["connect-src 'self'", 'https://a.test/x', false],
    ["connect-src 'self'", 'https://a.test:444/x', true],
    ['connect-src https:', 'http://b.test/', true],
    ['connect-src http:', 'https://b.test/', false],
    ['connect-src *.b.test', 'https://c.b.test/', false],
    ['connect-src *.b.test', 'https://b.test/', true],
    ['connect-src b.test:*', 'https://b.test:8443/', false],
    ['connect-src b.test', 'https://b.test:8443/', true],
    ['connect-src b.test/x/', 'https://b.test/x/y', false],
    ['connect-src b.test/x', 'https://b.test/x/y', true],
    ['connect-src b.test; connect-src *', 'https://c.test/', true],
    ["CONNECT-SRC 'NONE'", 'https://a.test/', true],
    ['connect-src b.test/%', 'https://b.test/%', false],
  ] as const) {
    assert.equal(forbids(policy, url, self), forbidden, `${policy} of ${url}`);
  }
});

const snapshot = (engine: number, revision: number, result: Snapshot['result'] = ''): Snapshot =>
  ({ engine, revision, result, failureReason: '', recordsAvailable: true }) as Snapshot;

test('snapshots: the newer is known of one engine alone', () => {
  assert.equal(isOlder(snapshot(1, 1), snapshot(1, 2)), true);
  assert.equal(isOlder(snapshot(1, 2), snapshot(1, 2)), false);
  assert.equal(isOlder(snapshot(1, 3), snapshot(1, 2)), false);
  assert.equal(isOlder(snapshot(1, 1), snapshot(2, 2)), false);
});

test('what is lost was aborted, unless it had settled', () => {
  assert.deepEqual([lost(snapshot(1, 1)).result, lost(snapshot(1, 1)).failureReason], ['failure', 'aborted']);
  assert.deepEqual(
    [lost(snapshot(1, 1, 'success')).result, lost(snapshot(1, 1, 'success')).recordsAvailable],
    ['success', false],
  );
});

test('a deadline: what comes first', async () => {
  assert.equal(await within(Promise.resolve(1), 1000), 1);
  assert.equal(await within(new Promise(() => {}), 5), undefined);
  await assert.rejects(within(Promise.reject(new Error('wrong')), 1000), /wrong/);
});

test('silence: a word begins the time anew, and nobody is called after the end', async () => {
  let calls = 0;
  const silence = afterSilence(50, () => calls++);
  const ended = afterSilence(50, () => assert.fail('it had ended'));
  ended.end();
  await new Promise((resolve) => setTimeout(resolve, 200));
  silence.heard();
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.equal(calls, 0);
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal(calls, 1);
});
