// What a page and a worker load, compressed as servers do.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { root } from '../browser/lib/server.mjs';
import { budgets } from '../check/budgets.mjs';

/** [{name, raw, brotli, limit, met}], in bytes. */
export function measureSizes() {
  return Object.entries(budgets).map(([name, limit]) => {
    const content = fs.readFileSync(path.join(root, 'dist', name));
    const parameters = {
      [zlib.constants.BROTLI_PARAM_QUALITY]: 11,
      [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    };
    const brotli = zlib.brotliCompressSync(content, { params: parameters }).length;
    return { name, raw: content.length, brotli, limit, met: brotli <= limit };
  });
}
