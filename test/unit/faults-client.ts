// A client that sees how a connection ends: by a reset, by an orderly end, or because all had come.
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { FaultLogEntry, FaultServer } from '../../jsglue/faults';

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  /** Leaves so many ms after the last byte. */
  patience?: number;
}

export interface Reply {
  /** 0 where no head has come. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** "complete" by the rules of HTTP, "reset", "closed" orderly before that, or "left" by this client. */
  end: 'complete' | 'reset' | 'closed' | 'left';
}

/** Sends one request on a connection of its own. */
export function ask(url: string, { method = 'GET', headers = {}, patience = 10_000 }: Ask = {}): Promise<Reply> {
  const { hostname, port, host } = new URL(url);
  const target = url.slice(url.indexOf('/', url.indexOf('//') + 2)); // as it stands there, with dots
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const lines = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let received = Buffer.alloc(0);
  return new Promise((resolve) => {
    const end = (how: Reply['end']) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(replyOf(received, method, how));
    };
    const timer = setTimeout(end, patience, 'left');
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      timer.refresh();
      if (replyOf(received, method, 'left').end === 'complete') end('complete');
    });
    socket.once('error', () => end('reset'));
    // Node says so, too, where a reset comes together with bytes; but then nothing can be written.
    socket.once('end', () => socket.write('.', (error) => end(error ? 'reset' : 'closed')));
  });
}

function replyOf(received: Buffer, method: string, how: Reply['end']): Reply {
  const at = received.indexOf('\r\n\r\n');
  if (at < 0) return { status: 0, headers: {}, body: received, end: how };
  const [first, ...lines] = received.subarray(0, at).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.split(':')[0]!.toLowerCase(), line.slice(line.indexOf(':') + 2)]));
  const status = Number(first!.split(' ')[1]);
  const rest = received.subarray(at + 4);
  const length = headers['content-length'];
  if (method === 'HEAD' || status === 204) return { status, headers, body: rest, end: 'complete' };
  if (headers['transfer-encoding'] === 'chunked') {
    const { body, last } = unchunked(rest);
    return { status, headers, body, end: last ? 'complete' : how };
  }
  if (length !== undefined) return { status, headers, body: rest, end: rest.length === Number(length) ? 'complete' : how };
  return { status, headers, body: rest, end: how === 'closed' ? 'complete' : how };
}

function unchunked(rest: Buffer): { body: Buffer; last: boolean } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at);
    if (end < 0) return { body: Buffer.concat(chunks), last: false };
    const size = Number.parseInt(rest.subarray(at, end).toString(), 16);
    chunks.push(rest.subarray(end + 2, end + 2 + size));
    if (size === 0) return { body: Buffer.concat(chunks), last: true };
    at = end + 2 + size + 2;
  }
}

/** Waits until something is so, for five seconds. */
export async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !what(); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The log of a name, when all of so many exchanges have ended. */
export async function ended(server: FaultServer, name: string, times: number): Promise<FaultLogEntry[]> {
  await until(() => server.log(name).length === times && server.log(name).every(({ ms }) => ms > 0));
  return server.log(name);
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
