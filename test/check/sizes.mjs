// What a site transfers: brotli at its best, as a server would have it stored. The
// result of the last build is remembered, since compressing takes a while.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { budgets } from './budgets.mjs';

const root = join(import.meta.dirname, '../..');
const memory = join(root, 'test/.cache/sizes.json');

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

const remembered = read(memory);
const sizes = {};
let failed = false;
for (const [name, budget] of Object.entries(budgets)) {
  const content = readFileSync(join(root, 'dist', name));
  const key = createHash('sha256').update(content).digest('hex');
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  sizes[key] = remembered[key] ?? brotliCompressSync(content, { params }).length;
  const over = sizes[key] > budget;
  failed ||= over;
  console.log(`${over ? 'TOO LARGE' : 'ok'} dist/${name}: ${sizes[key]} bytes with brotli, of ${budget}`);
}
mkdirSync(dirname(memory), { recursive: true });
writeFileSync(memory, JSON.stringify(sizes));
process.exit(failed ? 1 : 0);
