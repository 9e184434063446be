/** One answer: which status, which headers, which bytes. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { Body, Ending, type Shared } from './body';
import type { Exchange } from './connections';
import { chunksOf, Generated, type Source } from './content';
import { File, type Folder } from './folder';
import type { FaultLogEntry, Outcome } from './journal';
import { type Options, statusApplies } from './parameters';
import type { Phase } from './phases';
import { parseRange, type Span } from './ranges';

/** Of all generated content, until it changes. */
const LAST_MODIFIED = Date.UTC(2026, 2, 14, 15, 9, 26);
const HOUR = 3_600_000;
const BOUNDARY = 'faultserver-part';

/** What the answer is about. */
export interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  exchange: Exchange;
  entry: FaultLogEntry;
  options: Options;
  /** Of this request among those of the name, from 1. */
  number: number;
  /** The same where HEAD counts, too. */
  asked: number;
  folder: Folder | undefined;
  /** The path in the folder, where the content is a file. */
  path: string | undefined;
  phase: Phase | undefined;
}

/** What a resource is at the time of the request: content and validators. */
interface Version {
  source: Source;
  etag: string;
  lastModified: string;
}

export class Answer {
  readonly #shared: Shared;
  readonly #about: Asked;

  constructor(shared: Shared, about: Asked) {
    this.#shared = shared;
    this.#about = about;
  }

  /** Waits, answers, and tells how it ended. */
  async serve(): Promise<Outcome> {
    const { request, response, exchange, options, number, asked, phase } = this.#about;
    if (options.delay) await sleep(options.delay, undefined, { signal: exchange.signal });
    if (number <= options.cuthead) {
      exchange.reset();
      return 'cut';
    }
    if (options.cors && number <= options.corsafter) this.#allowOrigins();
    if (options.timing) response.setHeader('Timing-Allow-Origin', options.timing);
    if (request.method === 'OPTIONS') return this.#sendShort(204, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD, OPTIONS');
      return this.#sendShort(405, `${request.method} is not answered here\n`);
    }
    if (phase) return this.#sendPhase(phase);
    if (options.once && asked > 1) return this.#sendShort(403, 'the link was used already\n');
    if (Date.now() >= (options.expires ?? Number.POSITIVE_INFINITY)) return this.#sendShort(403, 'the link has expired\n');
    if (options.authorization && request.headers.authorization !== options.authorization) {
      return this.#sendShort(401, 'that is not the token\n');
    }
    if (options.redirect && number > options.redirectafter) {
      response.setHeader('Location', options.redirect);
      return this.#sendShort(options.redirectstatus, '');
    }
    if (statusApplies(options, number) && (options.status! >= 300 || options.status === 204)) {
      if (options.retryafter) response.setHeader('Retry-After', options.retryafter);
      if (options.retrydate !== undefined) {
        response.setHeader('Retry-After', new Date(Date.now() + options.retrydate * 1000).toUTCString());
      }
      return this.#sendShort(options.status!, `${options.status} as asked for\n`);
    }
    return this.#sendContent();
  }

  #allowOrigins(): void {
    const { request, response, options } = this.#about;
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (options.expose) response.setHeader('Access-Control-Expose-Headers', options.expose);
    if (request.method !== 'OPTIONS') return;
    const asked = (header: string) => String(request.headers[header] ?? '');
    response.setHeader('Access-Control-Allow-Methods', asked('access-control-request-method'));
    response.setHeader('Access-Control-Allow-Headers', asked('access-control-request-headers'));
  }

  /** Answers with a status and a line of text. */
  #sendShort(status: number, text: string, type = 'text/plain; charset=utf-8'): Outcome {
    const { response, options, entry } = this.#about;
    response.setHeader('Cache-Control', options.cachecontrol);
    if (text !== '') response.setHeader('Content-Type', type);
    response.statusCode = status;
    entry.status = status;
    const hasBody = this.#about.request.method !== 'HEAD' && status !== 204 && status !== 304;
    if (hasBody) entry.bytesSent = Buffer.byteLength(text);
    response.end(hasBody ? text : undefined);
    return 'complete';
  }

  #sendPhase({ status, retryafter }: Phase): Outcome {
    const { response } = this.#about;
    if (retryafter) response.setHeader('Retry-After', retryafter);
    if (status >= 300) return this.#sendShort(status, 'for now\n');
    return this.#sendShort(status, '<!doctype html><title>Log in</title><p>Who are you?\n', 'text/html; charset=utf-8');
  }

  async #sendContent(): Promise<Outcome> {
    const { response, options, folder, path } = this.#about;
    let source: Source;
    if (path === undefined) source = this.#generated();
    else {
      const file = await folder?.open(path);
      if (file === 'folder' && options.file === undefined) {
        // Relative, for a path may begin with two slashes, which would be another host.
        response.setHeader('Location', `./${encodeURIComponent(path.split('/').at(-1)!)}/`);
        return this.#sendShort(301, '');
      }
      if (!file || file === 'folder') return this.#sendShort(404, 'there is no such file\n');
      source = file;
    }
    try {
      return await this.#sendSource(this.#versionOf(source));
    } finally {
      await source.close();
    }
  }

  #generated(): Source {
    const { options, number } = this.#about;
    const size = options.size ?? 0;
    const seed = options.seed + Number(number > options.replaceafter);
    return new Generated(seed, number > options.sizeafter ? (options.newsize ?? size + 4096) : size, options.text);
  }

  #versionOf(source: Source): Version {
    const { exchange, options, number } = this.#about;
    const replaced = number > options.replaceafter && !options.replacequiet;
    const file = source instanceof File ? source : undefined;
    let identity = file?.identity ?? `${exchange.name}${options.seed} ${options.size ?? -1} ${options.text ?? false}`;
    if (replaced || number > options.etagafter) identity += ' changed';
    if (options.etagnode) identity += ` of node ${number % options.etagnode}`;
    const modified = file?.lastModified.getTime() ?? LAST_MODIFIED;
    return {
      source,
      etag: `${options.weaketag ? 'W/' : ''}"${hash(identity)}"`,
      lastModified: new Date(modified + (replaced || number > options.lastmodafter ? HOUR : 0)).toUTCString(),
    };
  }

  /** Answers with content: whole, in part, or encoded. */
  async #sendSource(version: Version): Promise<Outcome> {
    const { request, response, options } = this.#about;
    const { source } = version;
    response.setHeader('Content-Type', this.#typeOf(source));
    response.setHeader('Cache-Control', options.cachecontrol);
    if (options.disposition) response.setHeader('Content-Disposition', options.disposition);
    const accepted = String(request.headers['accept-encoding'] ?? '').split(/[\s,]+/);
    const encoded = options.gzip && !request.headers.range && accepted.includes('gzip');
    if (encoded && !options.weaketag) version.etag = `W/${version.etag}`;
    if (!options.partvalidators) this.#setValidators(version);
    if (options.codingheader !== undefined) response.setHeader('Content-Encoding', options.codingheader);
    if (encoded) {
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Vary', 'Accept-Encoding');
      let length = 0;
      for await (const chunk of gzipped(source)) length += chunk.length;
      return this.#sendBody(this.#statusOK(), length, 0, gzipped(source));
    }
    if (!options.norange) response.setHeader('Accept-Ranges', 'bytes');
    const span = parseRange(this.#rangeThatHolds(version), source.size);
    if (span === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${source.size}`);
      return this.#sendShort(416, 'no such range\n');
    }
    if (span) {
      this.#setValidators(version);
      return this.#sendPartial(source, span);
    }
    const lies = request.method === 'GET' ? options.contentlength : undefined;
    const end = Math.min(source.size, lies ?? source.size);
    const incomplete = lies !== undefined && lies !== source.size;
    return this.#sendBody(this.#statusOK(), lies ?? source.size, 0, chunksOf(source, 0, end), incomplete);
  }

  #typeOf(source: Source): string {
    return this.#about.options.type ?? (source instanceof File ? source.type : undefined) ?? 'application/octet-stream';
  }

  #setValidators({ etag, lastModified }: Version): void {
    const { response, options } = this.#about;
    if (!options.nolastmod) response.setHeader('Last-Modified', lastModified);
    if (!options.noetag) response.setHeader('ETag', etag);
  }

  /** 200, or another 2xx that was asked for. */
  #statusOK(): number {
    const { options, number } = this.#about;
    return statusApplies(options, number) ? options.status! : 200;
  }

  /** Range, of a GET whose If-Range holds. */
  #rangeThatHolds({ etag, lastModified }: Version): string {
    const { request, options } = this.#about;
    const condition = request.headers['if-range'];
    const strong = condition === etag && !etag.startsWith('W/') && !options.noetag;
    const same = condition === lastModified && !options.nolastmod;
    const holds = !condition || strong || same;
    return holds && !options.norange && request.method === 'GET' ? (request.headers.range ?? '') : '';
  }

  /** Answers with 206, and with what rangefault makes of it. */
  #sendPartial(source: Source, { start, end }: Span): Promise<Outcome> {
    const { request, response, exchange, options } = this.#about;
    const cap = request.headers.range?.endsWith('-') && options.rangecap ? options.rangecap : source.size;
    const span = { start, end: Math.min(end, start + cap) };
    const counted = options.rangefault ? this.#shared.journal.takeRangeAnswer(exchange.name) : 0;
    const fault = counted <= options.rangefaultcount ? options.rangefault : undefined;
    let total: number | string = source.size;
    if (fault === 'wrongstart') span.start = Math.min(span.start + 1, span.end);
    if (fault === 'wrongtotal') total++;
    if (fault === 'unknowntotal') total = '*';
    if (fault === 'short') span.end = span.start + Math.floor((span.end - span.start + 1) / 2);
    const contentRange = `bytes ${span.start}-${span.end - 1}/${total}`;
    const length = span.end - span.start;
    const chunks = chunksOf(source, span.start, span.end);
    if (fault === 'multipart') {
      // As servers do that were asked for several.
      const head = `--${BOUNDARY}\r\nContent-Range: ${contentRange}\r\nContent-Type: ${this.#typeOf(source)}\r\n\r\n`;
      const tail = `\r\n--${BOUNDARY}--\r\n`;
      response.setHeader('Content-Type', `multipart/byteranges; boundary=${BOUNDARY}`);
      const framed = between(Buffer.from(head), chunks, Buffer.from(tail));
      return this.#sendBody(206, head.length + length + tail.length, span.start, framed);
    }
    if (fault === 'unparsable') response.setHeader('Content-Range', 'bytes what-ever/really');
    else if (fault !== 'nocontentrange') response.setHeader('Content-Range', contentRange);
    return this.#sendBody(206, length, span.start, chunks);
  }

  /** Sends the head, and then the chunks, of which the first is that at the offset. */
  async #sendBody(
    status: number,
    length: number,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
    incomplete = false,
  ): Promise<Outcome> {
    const { request, response, exchange, options, entry } = this.#about;
    if (options.closedelimited) {
      response.setHeader('Connection', 'close');
      response.useChunkedEncodingByDefault = false;
    } else if (!options.chunked) response.setHeader('Content-Length', length);
    const contentRange = response.getHeader('Content-Range');
    if (contentRange) entry.contentRange = String(contentRange);
    entry.status = status;
    response.statusCode = status;
    if (request.method === 'HEAD') {
      response.end();
      return 'complete';
    }
    response.flushHeaders();
    const body = new Body(this.#shared, exchange, response, options, entry, offset);
    let error: unknown;
    try {
      for await (const chunk of chunks) await body.write(chunk);
      if (incomplete) error = new Ending('truncated'); // what is left is more, or nothing
    } catch (reason) {
      error = reason;
    }
    return body.finish(error);
  }
}

async function* gzipped(source: Source): AsyncGenerator<Uint8Array> {
  const encoder = createGzip();
  const fed = (async () => {
    for await (const chunk of chunksOf(source, 0, source.size)) {
      if (!encoder.write(chunk)) await new Promise((resolve) => encoder.once('drain', resolve));
    }
    encoder.end();
  })();
  fed.catch((error) => encoder.destroy(error));
  yield* encoder;
}

async function* between(first: Uint8Array, chunks: AsyncIterable<Uint8Array>, last: Uint8Array): AsyncGenerator<Uint8Array> {
  yield first;
  yield* chunks;
  yield last;
}

/** FNV-1a with 64 bits, in hex. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16).padStart(16, '0');
}
