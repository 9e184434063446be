// The fault server for sites does what the one in Go does, which this project's own tests use:
// the same request gets the same head, the same body, the same end, and the same entry in the log.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type FaultServer, startFaults } from '../../jsglue/faults';
import { KINDS } from '../../jsglue/faults/parameters';
import { cases, SEED, SIZE } from './faults-cases';
import { ask, type Reply, sha256 } from './faults-client';

const binary = 'test/.cache/faultserver-unit';
let go: ChildProcess;
let theirs: string;
let ours: FaultServer;

before(async () => {
  execFileSync('go', ['build', '-o', binary, './test/faultserver/serve']);
  go = spawn(binary, [], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(go.stdout!, 'data');
  theirs = JSON.parse(String(line)).url;
  ours = await startFaults();
});
after(async () => {
  go.kill();
  await ours.close();
});

/** What says when, and how the connection is used, is each server's own. */
function comparable({ status, headers, body, end }: Reply): object {
  const { date, connection, 'keep-alive': keepAlive, ...head } = headers;
  const encoded = head['content-encoding'] === 'gzip' && end === 'complete' && body[0] === 0x1f && body[1] === 0x8b;
  if (encoded) delete head['content-length']; // how well it is compressed
  if (head['retry-after']?.endsWith('GMT')) head['retry-after'] = 'a date';
  return { status, head, end, body: sha256(encoded ? gunzipSync(body) : body), text: status >= 300 ? body.toString() : '' };
}

async function logOf(server: string, name: string): Promise<Record<string, unknown>[]> {
  for (;;) {
    const entries = JSON.parse((await ask(`${server}/__log__?name=${name}`)).body.toString()) as Record<string, unknown>[];
    if (entries.every(({ ms }) => ms !== 0)) return entries.map(({ time, ms, ...entry }) => entry);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('both fault servers do the same', () => {
  cases.forEach(([query, ...steps], index) =>
    test(query || `no fault, ${index}`, async () => {
      const name = `case-${index}`;
      const [replies, others] = await Promise.all(
        [ours.url, theirs].map(async (server) => {
          const replies: object[] = [];
          for (const { method, sent, patience } of steps) {
            const url = `${server}/file/${name}?size=${SIZE}&seed=${SEED}&${query}`;
            replies.push(comparable(await ask(url, { method, headers: sent, patience })));
          }
          return replies;
        }),
      );
      assert.deepEqual(replies, others);
      if (query.startsWith('gzip=1&text')) return; // whose bytes are counted encoded
      const [log, other] = await Promise.all([ours.url, theirs].map((server) => logOf(server, name)));
      // A server waits after the last piece, too, and this client may have left by then.
      if (/^(rate|link)=/.test(query)) for (const entry of [...log!, ...other!]) delete entry['outcome'];
      assert.deepEqual(log, other);
    }),
  );

  test('hashes, controls and the state', async () => {
    for (const [method, path] of [
      ['GET', '/__sha256__?size=100003&seed=9'],
      ['GET', '/__sha256__?size=100003&seed=9007199254740991&text=1'],
      ['GET', '/__sha256__?size=x'],
      ['POST', '/__control__/cut?name=none'],
      ['POST', '/__control__/stop?ms=0&name=none'],
      ['POST', '/__control__/start?name=none'],
      ['POST', '/__control__/answer?ms=0&status=204&name=none'],
      ['POST', '/__control__/answer?status=503&ms=60000&retryafter=5&name=phase'],
      ['GET', '/file/phase?size=5'],
      ['POST', '/__control__/answer?status=200&ms=60000&name=phase'],
      ['GET', '/file/phase?size=5'],
      ['HEAD', '/file/phase?size=5'],
      ['GET', '/__control__/state?name=none'],
      ['DELETE', '/__log__?name=none'],
      ['OPTIONS', '/__log__'],
      ['GET', '/__log__?name=none'],
      ['GET', '/__none__'],
    ] as const) {
      const [reply, other] = await Promise.all([ours.url, theirs].map((server) => ask(server + path, { method })));
      const [{ head, ...mine }, { head: otherHead, ...its }] = [comparable(reply!), comparable(other!)] as [any, any];
      assert.deepEqual(mine, its, path);
      for (const header of ['content-type', 'access-control-allow-origin', 'access-control-allow-methods', 'retry-after']) {
        if (!path.includes('?size=x') && path !== '/__none__')
          assert.equal(head[header], otherHead[header], `${path}: ${header}`);
      }
    }
  });

  test('the parameters are those of the Go fault server, but for these, and documented', () => {
    const targets = /func \(o \*options\) targets[\s\S]*?\n\}/.exec(fs.readFileSync('test/faultserver/options.go', 'utf8'))![0];
    const known = [...targets.matchAll(/"(\w+)":/g)].map(([, name]) => name!);
    assert.deepEqual(
      Object.keys(KINDS).filter((name) => !known.includes(name)),
      ['file'],
    );
    assert.deepEqual(known.filter((name) => !Object.hasOwn(KINDS, name)).sort(), [
      'brotli',
      'clock',
      'connectionclose',
      'cookie',
      'corsorigin',
      'http10',
      'linkname',
      'stored',
      'uploadcut',
      'uploadrate',
      'wav',
    ]);
    const documented = fs.readFileSync('docs/faults.md', 'utf8').match(/(?<=`)\w+(?=`)/g)!;
    assert.deepEqual(
      Object.keys(KINDS).filter((name) => !documented.includes(name)),
      [],
      'each is in docs/faults.md',
    );
    const used = new Set(cases.flatMap(([query]) => [...new URLSearchParams(query).keys()]));
    const own = ['size', 'seed', 'file'];
    assert.deepEqual(
      Object.keys(KINDS).filter((name) => !used.has(name) && !own.includes(name)),
      [],
      'each is compared',
    );
  });
});
