// The network as it is: links that people have, and what several ranges at a time bring where
// connections are limited. The fault server makes them, so they are assumptions: what one connection
// brings and what all bring (rate, link), how long an answer takes (delay), and how often all
// connections break (every). See works.mjs for the words.
import { breaks, MiB } from './works.mjs';

/** The ways, as the table and the plot call them. */
export const NETWORK_WAYS = {
  one: 'this, one connection',
  ranges: 'this, several ranges',
  plain: 'plain',
  native: 'native',
};

/** What plain fetch() and cache.put() does with a connection that broke: again from the beginning, a second later. */
const RETRY_MS = 1000;

const linkWays = ['one', 'ranges', 'plain', 'native'];
const link = (name, title, more) => ({ name, title, ways: linkWays, retry: RETRY_MS, small: true, rounds: 1, ...more });

/** Sizes are such that each takes about ten seconds at most. */
export const links = [
  link('slow-4g', 'slow 4G', { link: 200_000, rate: 200_000, delay: 150, size: 1_500_000, every: 800_000 }),
  link('fast-4g', 'fast 4G', { link: 1_200_000, rate: 900_000, delay: 60, size: 8_000_000, every: 5_000_000 }),
  link('cable', 'cable', { link: 12_500_000, rate: 12_500_000, delay: 20, size: 64_000_000, quick: true }),
  link('fibre', 'fibre', { link: 125_000_000, rate: 60_000_000, delay: 5, size: 256_000_000 }),
  link('far', 'a far server', { link: 12_500_000, rate: 1_500_000, delay: 200, size: 20_000_000, quick: true }),
];

const rangesCase = (name, title, more) => ({ name, title, ways: ['one', 'ranges', 'idle'], small: true, ...more });

/**
 * `target` is the least speed over one connection. The rate of 1 % loss over a round trip of 100 ms is
 * that of Mathis and others: 1.22 × 1460 bytes / (100 ms × √0.01).
 */
export const rangesCases = [
  rangesCase('rate-64', '64 MB at 8 MB/s per connection', { size: 64 * MiB, rate: 8 * MiB, target: 2.5, quick: true, rounds: 2 }),
  rangesCase('rate-256', '256 MB at 8 MB/s per connection', { size: 256 * MiB, rate: 8 * MiB, target: 4, rounds: 1 }),
  rangesCase('loss', '16 MB over 100 ms with 1 % loss', { size: 16 * MiB, rate: 178_000, delay: 100, target: 3, rounds: 1 }),
  rangesCase('loopback', '256 MB over the loopback', { size: 256 * MiB, target: 0.97, quick: true, rounds: 2 }),
  rangesCase('loopback-busy', '256 MB over the loopback, machine busy', { size: 256 * MiB, busy: true, target: 0.97, rounds: 2 }),
];

/** The works of each measure. */
export const NETWORK = { links, ranges: rangesCases };

/** Where all connections of a link break, for a table. */
export const breaksText = (work) =>
  breaks(work)
    .map((offset) => `at ${offset / 1e6} MB`)
    .join(', ') || 'never';
