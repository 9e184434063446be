// Servers of one file each, drawn at random: what the fault server (test/faultserver) can do, in
// any combination. wasm/engine/lives_server_test.go draws those of the native random lives.

const KiB = 1024;
const MiB = 1024 * KiB;

const EXPOSED = [
  '',
  '',
  '*',
  'ETag',
  'Content-Range',
  'ETag,Content-Range',
  'Content-Encoding',
  'ETag,Content-Range,Content-Encoding',
];
const VALIDATORS = [
  {},
  {},
  {},
  { weaketag: 1 },
  { noetag: 1 },
  { noetag: 1 },
  { nolastmod: 1 },
  { noetag: 1, nolastmod: 1 },
  { partvalidators: 1 },
  { etagnode: 3 },
];
const CODINGS = [
  {},
  {},
  {},
  { text: 1, gzip: 1 },
  { text: 1, brotli: 1 },
  { text: 1, stored: 'gzip' },
  { codingheader: '' },
  { codingheader: 'aws-chunked' },
];
const FRAMINGS = [{}, {}, {}, { chunked: 1 }, { closedelimited: 1 }, { connectionclose: 1 }, { http10: 1 }];
const RANGES = [{}, {}, {}, { norange: 1 }, { rangecap: 100 * KiB }, { rangecap: MiB }];
const RANGE_FAULTS = ['wrongstart', 'wrongtotal', 'unknowntotal', 'nocontentrange', 'unparsable', 'short', 'multipart'];

/**
 * A server: `query` of its file, whether it is of another origin, the `versions` of the file that it may
 * serve, as the fault server's parameters, and whether it is `good`: then nothing but success will do.
 */
export function drawServer({ below, one, chance }, seed) {
  const size = one(below(100 * KiB), below(MiB), MiB + below(2 * MiB));
  const query = { size, seed, rate: one(MiB, 2 * MiB, 4 * MiB) };
  const good = chance(25);
  const crossOrigin = chance(50);
  if (crossOrigin) Object.assign(query, { cors: 1, expose: good ? 'ETag,Content-Range,Content-Encoding' : one(...EXPOSED) });
  if (crossOrigin && chance(30)) query.timing = '*';
  // A reset or a clean close too early, each a few times.
  const offsets = Array.from({ length: 1 + below(3) }, () => 1 + below(Math.max(1, size)));
  const early = one('cut', 'cut', 'cut', 'stall', 'fin');
  if (chance(80)) query[good ? 'cut' : early] = [...new Set(offsets)].sort((a, b) => a - b).join();
  if (query.stall) query.stall = offsets[0];
  if (chance(20)) query.cuthead = 1;
  if (good) return { query, crossOrigin, good, versions: [{ size, seed }] };

  Object.assign(query, one(...VALIDATORS), one(...CODINGS), one(...FRAMINGS), one(...RANGES));
  if (chance(20)) drawStatus(query, { below, one });
  if (chance(20)) query.cutcount = 1 + below(3);
  if (chance(20)) Object.assign(query, { rangefault: one(...RANGE_FAULTS), rangefaultcount: one(1, 2, 1000) });
  // An end in order that nothing tells from the body's is one: docs/reliability.md, "What remains".
  if (query.closedelimited || query.http10 || query.chunked) delete query.fin;
  const versions = [{ size, seed }];
  if (chance(15)) {
    query.replaceafter = 1 + below(2);
    versions.push({ size, seed: seed + 1 });
  } else if (chance(10)) {
    const after = 1 + below(2);
    Object.assign(query, { sizeafter: after, newsize: below(2 * size), etagafter: after, lastmodafter: after });
    versions.push({ size: query.newsize, seed });
  }
  if (chance(5)) query.etagafter = 1 + below(2);
  if (crossOrigin && chance(5)) query.corsafter = 1 + below(2);
  if (query.text) versions.forEach((version) => (version.text = 1));
  return { query, crossOrigin, good, versions };
}

function drawStatus(query, { below, one }) {
  Object.assign(query, { status: one(408, 425, 429, 500, 502, 503), statusafter: 1, statuscount: 1 + below(3) });
  if (query.status === 503) query.retryafter = below(2);
}
