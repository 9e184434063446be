// What a page and a worker load, compressed as servers do.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { root } from '../browser/lib/server.mjs';

/** Bytes, of 1,000 each kB. */
const limits = { 'bgfetch.wasm': 1_300_000, 'sw.js': 20_000, 'page.js': 10_000 };

/** [{name, raw, brotli, limit, met}], in bytes. */
export function measureSizes() {
  return Object.entries(limits).map(([name, limit]) => {
    const content = fs.readFileSync(path.join(root, 'dist', name));
    const parameters = {
      [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    const brotli = zlib.brotliCompressSync(content, { params: parameters }).length;
    return { name, raw: content.length, brotli, limit, met: brotli <= limit };
  });
}
