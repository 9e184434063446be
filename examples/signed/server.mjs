// Serves this folder, and what is in media/ by links that are signed for LIFE seconds (60):
//
//   GET /sign?path=/media/clip.bin    a link, as text
//   GET /media/…?expires=…&signature=…
//
// The media are sent at 1 MB/s, so that a link expires while they are: then the connection is cut, and
// the next request with that link is answered by 403. PORT is 8000 by default.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const LIFE_MS = 1000 * (process.env.LIFE ?? 60);
const BYTES_PER_SECOND = 1_000_000;
const TICK_MS = 50;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const folder = import.meta.dirname;
const key = crypto.randomBytes(32); // links do not outlive the server

const signatureOf = (pathname, expires) => crypto.createHmac('sha256', key).update(`${pathname}\n${expires}`).digest('hex');

function sign(pathname) {
  const expires = Date.now() + LIFE_MS;
  return `${pathname}?expires=${expires}&signature=${signatureOf(pathname, expires)}`;
}

/** When the link expires, ms since 1970; 0 for one that is not signed. */
function expiryOf({ pathname, searchParams }) {
  const expires = Number(searchParams.get('expires'));
  const given = Buffer.from(searchParams.get('signature') ?? '');
  const right = Buffer.from(signatureOf(pathname, expires));
  return given.length === right.length && crypto.timingSafeEqual(given, right) ? expires : 0;
}

/** All of the file, or what its Range asks for, until the link expires. The ETag proves that it is the same file. */
function sendMedia(request, response, file, expires) {
  const { size, mtimeMs } = fs.statSync(file);
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to) + 1, size) : size;
  if (start >= end && size > 0) return response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
  const headers = {
    'Content-Length': end - start,
    ETag: `"${size}-${mtimeMs}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-store',
  };
  if (from) headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`;
  response.writeHead(from ? 206 : 200, headers);
  const bytes = fs.readFileSync(file).subarray(start, end);
  let sent = 0;
  const timer = setInterval(() => {
    if (Date.now() >= expires) response.destroy();
    if (response.destroyed || sent >= bytes.length) return clearInterval(timer);
    const next = bytes.subarray(sent, (sent += (BYTES_PER_SECOND * TICK_MS) / 1000));
    if (sent < bytes.length) response.write(next);
    else response.end(next);
  }, TICK_MS);
}

function serve(request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/sign') return response.end(sign(url.searchParams.get('path')));
  const file = path.join(folder, url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname);
  if (!file.startsWith(folder + path.sep) || !fs.existsSync(file)) return response.writeHead(404).end();
  if (!url.pathname.startsWith('/media/')) {
    const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
    return response.writeHead(200, { 'Content-Type': type }).end(fs.readFileSync(file));
  }
  const expires = expiryOf(url);
  if (Date.now() >= expires) return response.writeHead(403).end();
  sendMedia(request, response, file, expires);
}

const server = http.createServer(serve).listen(process.env.PORT ?? 8000, '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`);
});
