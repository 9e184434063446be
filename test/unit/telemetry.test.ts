import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { LogBatch } from '../../jsglue/shared/log';
import type { WorkerOptions } from '../../jsglue/sw/options';
import { tellSite } from '../../jsglue/sw/telemetry';

const BATCH: LogBatch = { version: 1, started: 1, entries: [{ at: 2, event: 'started' }] };

const turn = () => new Promise((resolve) => setTimeout(resolve));

test('onlog: a listener that throws, or rejects, is told in the console, and is not waited for', async () => {
  const error = mock.method(console, 'error', () => {});
  const wrong = new Error('wrong');
  const listeners = [
    () => {
      throw wrong;
    },
    () => Promise.reject(wrong),
  ];
  for (const onlog of listeners) {
    assert.equal(await tellSite({ onlog }, BATCH), null);
    await turn();
    const [text, told] = error.mock.calls.pop()!.arguments as unknown[];
    assert.match(String(text), /backgroundFetchOptions\.onlog/);
    assert.equal(told, wrong);
  }
  assert.equal(await tellSite({ onlog: () => new Promise(() => {}) }, BATCH), null);
  error.mock.restore();
});

test('onlog: another listener, or none, from now on', async () => {
  const told: unknown[] = [];
  const options: WorkerOptions = { onlog: (batch) => told.push(['first', batch]) };
  await tellSite(options, BATCH);
  options.onlog = (batch) => told.push(['second', batch]);
  await tellSite(options, BATCH);
  options.onlog = null;
  await tellSite(options, BATCH);
  assert.deepEqual(told, [
    ['first', BATCH],
    ['second', BATCH],
  ]);
});
