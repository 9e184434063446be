// What a site transfers: brotli at its best, as a server would have it stored. The
// result of the last build is remembered, since compressing takes a while.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
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

/** Where documents tell of these sizes, in MB: as they are (raw) or with brotli. */
const TOLD = [
  ['docs/decisions/size.md', /: as built \| ([\d.]+) \| ([\d.]+) \|/, 'brotli', 'raw'],
  ['docs/decisions/size.md', /compresses \(gzip\) to ([\d.]+) MB/, 'gzip'],
  ['docs/troubleshooting.md', /\*\*Compression\*\*: ([\d.]+) MB, ([\d.]+) MB with brotli/, 'raw', 'brotli'],
  ['README.md', /the program is ([\d.]+) MB with brotli, and ([\d.]+) MB/, 'brotli', 'raw'],
  ['docs/start.md', /It is about ([\d.]+) MB/, 'raw'],
];
/** By so much of the size a document may be wrong. */
const TOLERANCE = 0.03;

/** What documents tell of the program that is no longer so. */
function* stale(megabytes) {
  for (const [name, pattern, ...kinds] of TOLD) {
    const found = pattern.exec(readFileSync(join(root, name), 'utf8'));
    if (!found) yield `${name} has nothing like ${pattern}`;
    for (const [index, kind] of kinds.entries()) {
      const told = Number(found?.[index + 1]);
      const is = megabytes[kind];
      if (Math.abs(told - is) > TOLERANCE * is) yield `${name} tells of ${told} MB (${kind}), and it is ${is.toFixed(2)}`;
    }
  }
}

const remembered = read(memory);
const sizes = {};
const program = { brotli: 0, raw: 0, gzip: 0 };
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
  if (name === 'bgfetch.wasm') {
    program.brotli = sizes[key] / 1e6;
    program.raw = content.length / 1e6;
    program.gzip = gzipSync(content).length / 1e6;
  }
  console.log(`${over ? 'TOO LARGE' : 'ok'} dist/${name}: ${sizes[key]} bytes with brotli, of ${budget}`);
}
for (const problem of stale(program)) {
  failed = true;
  console.log(problem);
}
mkdirSync(dirname(memory), { recursive: true });
writeFileSync(memory, JSON.stringify(sizes));
process.exit(failed ? 1 : 0);
