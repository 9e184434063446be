import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type FaultServer, startFaults } from '../../jsglue/faults';
import { ask, ended, sha256, until } from './faults-client';

const CLIP = Buffer.alloc(200_000, 'a clip of some length');
const OTHER = Buffer.alloc(200_000, 'another clip');
const above = fs.mkdtempSync(path.join(tmpdir(), 'bgfetch-faults-'));
const folder = path.join(above, 'site');
let server: FaultServer;

before(async () => {
  const write = (name: string, content: string | Buffer) => {
    fs.mkdirSync(path.dirname(path.join(above, name)), { recursive: true });
    fs.writeFileSync(path.join(above, name), content);
  };
  write('secret.txt', 'secret');
  write('site-of-others/secret.txt', 'secret');
  write('site/index.html', '<title>Site</title>');
  write('site/.env', 'secret');
  write('site/.git/config', 'secret');
  write('site/.well-known/a.json', '{}');
  write('site/media/clip.webm', CLIP);
  write('site/media/other.webm', OTHER);
  write('site/media/a%2fb c.txt', 'odd');
  fs.symlinkSync('../secret.txt', path.join(folder, 'out.txt'));
  fs.symlinkSync('..', path.join(folder, 'out'));
  fs.symlinkSync('../site-of-others', path.join(folder, 'beside'));
  fs.symlinkSync('media/clip.webm', path.join(folder, 'in.webm'));
  server = await startFaults({ folder });
});
after(async () => {
  await server.close();
  fs.rmSync(above, { recursive: true });
});

test('the files of the folder are served with their types, validators and ranges', async () => {
  const page = await ask(`${server.url}/?v=1`);
  assert.deepEqual(
    [page.status, page.headers['content-type'], page.body.toString()],
    [200, 'text/html; charset=utf-8', '<title>Site</title>'],
  );
  const clip = await ask(`${server.url}/media/clip.webm`);
  assert.deepEqual([clip.headers['content-type'], sha256(clip.body)], ['video/webm', sha256(CLIP)]);
  const range = { Range: 'bytes=100000-', 'If-Range': clip.headers['etag']! };
  const part = await ask(`${server.url}/media/clip.webm`, { headers: range });
  assert.deepEqual([part.status, sha256(part.body)], [206, sha256(CLIP.subarray(100_000))]);
  assert.equal((await ask(`${server.url}/media/a%252fb%20c.txt`)).body.toString(), 'odd');
  assert.equal((await ask(`${server.url}/in.webm`)).body.length, CLIP.length);
  assert.equal((await ask(`${server.url}/.well-known/a.json`)).status, 200);
  const slash = await ask(`${server.url}//media`);
  assert.deepEqual([slash.status, slash.headers['location']], [301, './media/']);
  assert.equal((await ask(`${server.url}/media/`)).status, 404, 'a folder is not listed');
});

test('files have the types by which browsers play, show and save them', async () => {
  const names = Object.entries({
    ...{ wav: 'audio/wav', m4a: 'audio/mp4', ogg: 'audio/ogg', opus: 'audio/ogg', aac: 'audio/aac', flac: 'audio/flac' },
    ...{ mp3: 'audio/mpeg', webm: 'video/webm', MP4: 'video/mp4', mkv: 'video/matroska', mov: 'video/quicktime' },
    ...{ vtt: 'text/vtt; charset=utf-8', json: 'application/json', wasm: 'application/wasm', woff2: 'font/woff2' },
    ...{ pdf: 'application/pdf', zip: 'application/zip', jpeg: 'image/jpeg', bin: 'application/octet-stream' },
  });
  const types = names.map(async ([extension]) => {
    fs.writeFileSync(path.join(folder, `type.${extension}`), '');
    return [extension, (await ask(`${server.url}/type.${extension}`)).headers['content-type']];
  });
  assert.deepEqual(await Promise.all(types), names);
});

test('nothing outside the folder is served, and nothing hidden', async () => {
  for (const way of [
    '/../secret.txt',
    '/media/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/media/%2e%2e%2f%2e%2e%2fsecret.txt',
    '//../secret.txt',
    '/../site-of-others/secret.txt',
    '/out.txt',
    '/out/secret.txt',
    '/beside/secret.txt',
    '/.env',
    '/.git/config',
    '/index.html%00',
    '/none',
  ]) {
    for (const url of [way, `/file/way?file=${way}`, `/file/way?file=${encodeURIComponent(way)}`]) {
      const { status, body } = await ask(server.url + url);
      assert.deepEqual([status, body.toString()], [404, 'there is no such file\n'], url);
    }
  }
  assert.equal((await ask(`${server.url}/file/way?file=/media`)).status, 404);
  await assert.rejects(server.sha256({ file: '/../secret.txt' }), /parameter "file": there is no/);
});

test('a path of the site gets faults, another file, and is as usual again; each begins anew', async () => {
  const url = `${server.url}/media/clip.webm?session=5`;
  server.mount('/media/clip.webm', { cut: 50_000 });
  const cut = await ask(url);
  assert.deepEqual([cut.end, sha256(cut.body)], ['reset', sha256(CLIP.subarray(0, 50_000))]);
  assert.equal((await ask(url)).end, 'complete');
  assert.deepEqual(
    (await ended(server, '/media/clip.webm', 2)).map(({ outcome }) => outcome),
    ['cut', 'complete'],
  );

  server.mount('/media/clip.webm', { file: '/media/other.webm' });
  const other = await ask(url);
  assert.equal(sha256(other.body), sha256(OTHER));
  assert.notEqual(other.headers['etag'], cut.headers['etag']);
  assert.equal(server.log('/media/clip.webm').length, 1);

  server.mount('/media/clip.webm', { size: 1000, seed: 7 });
  assert.equal(sha256((await ask(url)).body), await server.sha256({ size: 1000, seed: 7 }));
  server.unmount('/media/clip.webm');
  const usual = await ask(url);
  assert.deepEqual([sha256(usual.body), usual.headers['etag']], [sha256(CLIP), cut.headers['etag']]);

  const byName = server.file('by-name', { file: '/media/clip.webm', truncate: 9, etagafter: 1 });
  const short = await ask(byName);
  assert.deepEqual([short.end, short.body.length, short.headers['etag']], ['closed', 9, cut.headers['etag']]);
  assert.notEqual((await ask(byName)).headers['etag'], cut.headers['etag']);
});

test('requests are counted for the files of the site too, can be asked for as JSON, and forgotten', async () => {
  server.forget();
  await ask(`${server.url}/media/clip.webm`);
  await ask(`${server.url}/media/clip.webm`, { headers: { Range: 'bytes=5-', Origin: 'https://a.example' } });
  const json = async (path: string, init?: { method: string }) => {
    const { status, headers, body } = await ask(server.url + path, init);
    assert.equal(headers['access-control-allow-origin'], '*');
    return status === 204 ? undefined : JSON.parse(body.toString());
  };
  await ended(server, '/media/clip.webm', 2);
  const log = await json('/__log__?name=/media/clip.webm');
  assert.deepEqual(log, server.log('/media/clip.webm'));
  const [{ time, ms, ...entry }] = log.slice(1);
  assert.ok(ms > 0 && Math.abs(Date.parse(time) - Date.now()) < 60_000);
  assert.deepEqual(entry, {
    method: 'GET',
    url: '/media/clip.webm',
    range: 'bytes=5-',
    origin: 'https://a.example',
    status: 206,
    contentRange: 'bytes 5-199999/200000',
    bytesSent: 199_995,
    outcome: 'complete',
  });
  assert.deepEqual(Object.keys(await json('/__log__')), ['/media/clip.webm']);
  await json('/__log__?name=/media/clip.webm', { method: 'DELETE' });
  assert.deepEqual(await json('/__log__'), {});
});

test('the server is away for a time, or until it is told: pages, files, and what is under way', async () => {
  const slow = ask(server.file('away', { size: 1_000_000, rate: 10_000 }));
  await until(() => (server.log('away')[0]?.bytesSent ?? 0) > 0);
  server.stop({ ms: 60_000 });
  assert.equal((await slow).end, 'reset');
  assert.equal((await ask(`${server.url}/`)).end, 'reset');
  assert.equal((await ask(server.file('away', { size: 5 }))).status, 0);
  assert.deepEqual(
    (await ended(server, 'away', 2)).map(({ outcome }) => outcome),
    ['broken', 'refused'],
  );
  const state = JSON.parse((await ask(`${server.url}/__control__/state`)).body.toString());
  assert.ok(state.stoppedMs > 50_000 && state.sending === 0);
  server.start();
  server.stop({ ms: 60_000, name: '/media/clip.webm' });
  assert.equal((await ask(`${server.url}/`)).end, 'complete');
  assert.equal((await ask(`${server.url}/media/clip.webm`)).end, 'reset');
  server.stop({ ms: 100, name: '/media/clip.webm' });
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal((await ask(`${server.url}/media/clip.webm`)).end, 'complete');
});

test('connections are cut, and others are not', async () => {
  const [a, b] = [ask(server.file('a', { size: 500_000, rate: 200_000 })), ask(server.file('b', { size: 20_000, rate: 50_000 }))];
  await until(() => ['a', 'b'].every((name) => (server.log(name)[0]?.bytesSent ?? 0) > 0));
  assert.equal(server.cut('a'), 1);
  assert.deepEqual([(await a).end, (await b).end], ['reset', 'complete']);
  await ended(server, 'b', 1);
  assert.equal(server.cut(), 0);
});

test('for a time all is answered otherwise, as in a deploy or behind a captive portal', async () => {
  server.answer({ status: 502, retryafter: 3, ms: 60_000, name: '/media/clip.webm' });
  const deploy = await ask(`${server.url}/media/clip.webm`);
  assert.deepEqual([deploy.status, deploy.headers['retry-after']], [502, '3']);
  server.answer({ status: 200, ms: 100 });
  const portal = await ask(server.file('portal', { size: 5 }));
  assert.deepEqual([portal.status, portal.headers['content-type']], [200, 'text/html; charset=utf-8']);
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal((await ask(server.file('portal', { size: 5 }))).body.length, 5);
});

test('close ends what is under way, and the process can end', async () => {
  const own = await startFaults();
  const waiting = [ask(own.file('stalled', { size: 10, stall: 5 })), ask(own.file('delayed', { delay: 60_000 }))];
  await until(() => own.log('stalled')[0]?.outcome === 'stalled' && own.log('delayed').length === 1);
  await own.close();
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ body }) => body.length),
    [5, 0],
  );
});

test('what the server is started with wrongly is one error that says it', async () => {
  const port = Number(new URL(server.url).port);
  for (const [options, message] of [
    [{ port }, `parameter "port": ${port} is taken on 127.0.0.1; use 0 for any free one`],
    [{ port: 70_000 }, 'parameter "port": 70000 is no whole number from 0 to 65535'],
    [{ host: '203.0.113.1' }, 'parameter "host": listen EADDRNOTAVAIL: address not available 203.0.113.1'],
    [{ folder: path.join(folder, 'none') }, `There is no folder ${path.join(folder, 'none')}.`],
    [{ folder: path.join(folder, 'index.html') }, `There is no folder ${path.join(folder, 'index.html')}.`],
    [{ mounts: { '/a': { cutt: 1 } as object } }, 'unknown parameter "cutt"'],
  ] as const) {
    await assert.rejects(startFaults(options), { name: 'FaultsError', message });
  }
});
