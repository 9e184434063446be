// The rows of the network as it is.
import { Evidence, least, median, most } from './evidence.mjs';
import { links, NETWORK_WAYS, rangesCases } from './network-works.mjs';
import { MiB } from './works.mjs';

/** At most so much of a body may be sent twice, and 1 MiB in any case. */
const TWICE = 0.02;

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];

/** How long a small request waits, in the middle of all that were asked in this way. */
const wait = (e, measure, more, share = 0.5) => {
  const waits = e.of(measure, more).flatMap((sample) => sample.waits ?? []);
  return waits.length > 0 ? quantile(waits, share) : undefined;
};

const ms = (sample) => sample.ms;
const time = (e, one, way) => e.median('ranges', { work: one.name, way }, ms);

/** What several ranges at a time are to bring, for rowsOf(). */
export const rangesDefinitions = rangesCases.flatMap((one) => [
  {
    name: `several ranges, speed over one connection: ${one.title}`,
    better: 'more',
    target: least(one.target),
    figure: (e) => time(e, one, 'one') / time(e, one, 'ranges'),
  },
  ...[
    ['several ranges', 'ranges'],
    ['one connection', 'one'],
  ].flatMap(([title, way]) => [
    {
      name: `… MB sent twice, ${title}`,
      target: most(Math.max(1, Math.round((TWICE * one.size) / MiB))),
      digits: 1,
      figure: (e) => e.median('ranges', { work: one.name, way }, ({ twice }) => twice / MiB),
    },
    {
      name: `… how much longer a small request waits, ${title}`,
      target: most(1.2),
      figure: (e) => wait(e, 'ranges', { work: one.name, way }) / wait(e, 'ranges', { work: one.name, way: 'idle' }),
    },
  ]),
]);

/** What real links are to bring, for rowsOf(). */
export const linksDefinitions = links.flatMap(({ name, title }) => {
  const over = (e, way, figure = ms) =>
    e.median('links', { work: name, way: 'plain' }, ms) / e.median('links', { work: name, way }, figure);
  return [
    { name: `${title}: speed over plain, one connection`, better: 'more', figure: (e) => over(e, 'one') },
    { name: `${title}: speed over plain, several ranges`, better: 'more', figure: (e) => over(e, 'ranges') },
  ];
});

/** [{work, title, browser, way, ms, first, twice, wait, n}] of medians; first, twice and wait as of the samples. */
export function linkTimes(samples, browsers) {
  const list = [];
  for (const { name, title } of links) {
    for (const browser of browsers) {
      const e = Evidence.in(samples, browser);
      for (const way of Object.keys(NETWORK_WAYS)) {
        const all = e.of('links', { work: name, way }).filter(({ error }) => !error);
        if (all.length === 0) continue;
        const of = (figure) => median(all.map(figure));
        list.push({
          work: name,
          title,
          browser,
          way,
          ms: of(ms),
          first: of(({ first }) => first),
          twice: of(({ twice }) => twice),
          wait: wait(e, 'links', { work: name, way }),
          n: all.length,
        });
      }
    }
  }
  return list;
}
