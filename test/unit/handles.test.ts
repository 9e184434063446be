import './realm';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequestBodies } from '../../jsglue/shared/protocol';
import { storeRequest } from '../../jsglue/shared/requests';
import { Handles } from '../../jsglue/sw/handles';
import { HostFailure } from '../../jsglue/sw/hosterror';

const gone = (error: unknown) => error instanceof HostFailure && error.code === 'internal';

test('a request that is sent again: the end of the one call leaves the other its bodies', () => {
  for (const firstToEnd of [0, 1]) {
    const handles = new Handles();
    const sent = [new Blob(['film']), new Blob(['film'])];
    const free = sent.map((body) => handles.add(new Map([['h', body]])));
    assert.equal(handles.get('h'), sent[1], 'what came last');
    free[firstToEnd]!();
    assert.equal(handles.get('h'), sent[1 - firstToEnd]);
    free[1 - firstToEnd]!();
    assert.throws(() => handles.get('h'), gone);
  }
});

test('the same bodies, twice: each call has them to its end', () => {
  const handles = new Handles();
  const bodies = new Map([['h', new Blob(['film'])]]);
  const [first, second] = [handles.add(bodies), handles.add(bodies)];
  first();
  first();
  assert.equal(handles.get('h'), bodies.get('h'));
  second();
  assert.throws(() => handles.get('h'), gone);
});

test('other requests come and go', () => {
  const handles = new Handles();
  const free = handles.add(new Map([['a', new Blob(['a'])]]));
  handles.add(new Map())();
  handles.add(new Map([['b', new Blob(['b'])]]))();
  assert.throws(() => handles.get('b'), gone);
  assert.equal(handles.get('a').size, 1);
  free();
});

test('no two bodies have one handle, and what is stored of a request names its own', async () => {
  const seen = new Map<string, string>();
  for (let call = 0; call < 3; call++) {
    const bodies: RequestBodies = new Map();
    const texts = ['one', 'two'];
    const stored = [];
    for (const body of texts) stored.push(await storeRequest(new Request('https://a.test/', { method: 'POST', body }), bodies));
    for (const [index, { body }] of stored.entries()) {
      assert.equal(await bodies.get(body!.handle!)!.text(), texts[index]);
      assert.equal(body!.size, 3);
      seen.set(body!.handle!, texts[index]!);
    }
  }
  assert.equal(seen.size, 6);
});

test('a request without a body has no handle', async () => {
  const bodies: RequestBodies = new Map();
  for (const init of [{}, { method: 'HEAD' }, { method: 'POST' }, { method: 'POST', body: '' }]) {
    assert.equal((await storeRequest(new Request('https://a.test/', init), bodies)).body, undefined);
  }
  assert.equal(bodies.size, 0);
});
