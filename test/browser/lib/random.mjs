// Numbers drawn from a seed, so that a run can be made once more.

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What is drawn with such numbers: one of several, a whole number below n, or true so often in a hundred. */
export function draws(next) {
  const below = (n) => Math.floor(next() * n);
  return { below, one: (...values) => values[below(values.length)], chance: (percent) => next() * 100 < percent };
}
