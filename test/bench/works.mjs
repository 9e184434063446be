// The work that is done in several ways, each measured from its beginning until
// all bytes are stored.
//
//   count, size   so many files of so many bytes, in one background fetch
//   fetches       so many background fetches, each of that
//   rate          bytes per second that the server gives to each connection
//   link          bytes per second that the server gives to all connections together
//   delay         ms before each answer
//   every         after so many bytes of a file all its connections break, once at each
//                 such place, and the server is away for AWAY_MS
//   play          a player asks for the body while it comes
//   small         the page asks for something small meanwhile, again and again
//   retry         ms after which the plain way begins again with what failed
//   ways          ours; plain fetch() and cache.put() in the page or in the
//                 worker, six at a time; script: in the worker, by a script that reads
//                 the bodies; native: Chromium's own Background Fetch; hashed: ours
//                 with `integrity`; pieces: ours with `pieces`; of the network: ranges: ours with several ranges at a
//                 time; one: ours with one; plain: as page, in a site without ours; idle:
//                 nothing, there
//   rounds        at most so many, of what takes long
//   curve, x      where it stands in the plot
export const MiB = 1024 * 1024;

/** All ways, as the table calls them. */
export const WAYS = {
  ours: 'this',
  page: 'plain, page',
  worker: 'plain, worker',
  script: 'script, worker',
  native: 'native',
  hashed: 'this, with integrity',
  pieces: 'this, with pieces',
};

const plainWays = ['ours', 'page', 'worker', 'script', 'native'];
const manyWays = ['ours', 'page', 'script', 'native'];
const file = (mb, more) => ({
  name: `file-${mb}`,
  title: `one file of ${mb < 1024 ? `${mb} MB` : '1 GB'}`,
  size: mb * MiB,
  ways: plainWays,
  curve: 'size',
  x: mb,
  ...more,
});
const records = (count, more) => ({
  name: `records-${count}`,
  title: `${count.toLocaleString('en')} records of 1 kB`,
  count,
  size: 1000,
  ways: manyWays,
  curve: 'records',
  x: count,
  ...more,
});
const fetches = (count) => ({
  name: `fetches-${count}`,
  title: `${count} background fetches of 100 kB at once`,
  fetches: count,
  size: 100_000,
  ways: ['ours'],
  curve: 'fetches',
  x: count,
});

export const works = [
  file(1, { ways: ['ours'] }),
  file(8),
  file(64, { ways: [...plainWays, 'hashed', 'pieces'], quick: true }),
  file(256, { ways: [...plainWays, 'hashed', 'pieces'] }),
  file(1024, { rounds: 3 }),
  { name: 'files-500', title: '500 files of 20 kB', count: 500, size: 20_000, ways: manyWays, quick: true },
  records(10, { ways: ['ours'] }),
  records(100, { ways: ['ours'], quick: true }),
  records(1000, { quick: true, rounds: 3 }),
  records(10_000, { ways: ['ours'], rounds: 1 }),
  {
    name: 'throttled',
    title: 'one file of 64 MB at 8 MB/s per connection',
    size: 64 * MiB,
    rate: 8 * MiB,
    ways: ['ours', 'native'],
    rounds: 3,
  },
  fetches(1),
  fetches(10),
  fetches(100),
];

/** What is run first and not counted: browsers are slow the first time. */
export const warmUp = { name: 'warm-up', size: MiB, ways: [...plainWays, 'ranges', 'one', 'plain', 'hashed', 'pieces'] };

export const workNamed = (name) => works.find((work) => work.name === name);

/** For how long the server is away after it broke all connections. */
const AWAY_MS = 500;

/** Offsets in a file of `size` bytes at which all connections break. */
export const breaks = ({ size, every = size }) =>
  Array.from({ length: Math.max(0, Math.ceil(size / every) - 1) }, (_, i) => (i + 1) * every);

/** What the page is told of a work: `name` has to be new each time. */
export function description(work, name, server) {
  const { count = 1, fetches, size, rate, link, delay, play, retry } = work;
  const connection = { ...(rate && { rate }), ...(delay && { delay }), ...(link && { link, linkname: name }) };
  const down = breaks(work).join();
  const query = new URLSearchParams({ size, ...connection, ...(down && { down, downms: AWAY_MS }) });
  const small = work.small && String(new URLSearchParams({ size: 1000, ...connection }));
  return { base: server.url, name, count, fetches, play, retry, small, query: String(query) };
}
