// Serves this folder, and appends what is sent to /telemetry to telemetry.jsonl, a batch a line. PORT is
// 8000 by default.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const MAX_BYTES = 1_000_000;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const folder = import.meta.dirname;

/** Anybody can send anything: what is no batch of a version that is known is not taken. */
async function store(request, response) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > MAX_BYTES) return response.writeHead(413).end();
  }
  const batch = parse(text);
  if (batch?.version !== 1 || !Array.isArray(batch.entries)) return response.writeHead(400).end();
  fs.appendFileSync(path.join(folder, 'telemetry.jsonl'), `${JSON.stringify({ received: Date.now(), ...batch })}\n`);
  response.writeHead(204).end();
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  if (pathname === '/telemetry' && request.method === 'POST') return store(request, response).catch(() => response.destroy());
  const file = path.join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
  if (!file.startsWith(folder + path.sep) || !fs.existsSync(file)) return response.writeHead(404).end();
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
  const body = fs.readFileSync(file);
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
}

const server = http.createServer(serve).listen(process.env.PORT ?? 8000, '127.0.0.1', () => {
  console.log(`http://localhost:${server.address().port}`);
});
