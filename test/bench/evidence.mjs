// What the samples of one browser say.
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export const least = (bound) => ({ text: `≥ ${bound}`, met: (figure) => figure >= bound });
export const most = (bound, unit = '') => ({ text: `≤ ${bound}${unit}`, met: (figure) => figure <= bound });

/** Samples of one browser. */
export class Evidence {
  static in(samples, browser) {
    return new Evidence(samples.filter((sample) => sample.browser === browser));
  }
  constructor(samples) {
    this.samples = samples;
  }
  /** What each round alone says. */
  rounds() {
    const rounds = [...new Set(this.samples.map(({ round }) => round))];
    return rounds.map((round) => new Evidence(this.samples.filter((sample) => sample.round === round)));
  }
  of(measure, more = {}) {
    const wanted = Object.entries({ measure, ...more });
    return this.samples.filter((sample) => wanted.every(([name, value]) => sample[name] === value));
  }
  /** Median of a figure of the samples without an error. */
  median(measure, more, figure) {
    return median(
      this.of(measure, more)
        .filter(({ error }) => !error)
        .map(figure),
    );
  }
  max(measure, more, figure) {
    const figures = this.of(measure, more)
      .filter(({ error }) => !error)
      .map(figure);
    return figures.length ? Math.max(...figures) : undefined;
  }
  speed(work, way, figure = ({ ms }) => ms) {
    return this.median('speed', { work, way }, figure);
  }
  /** The way that the work is compared with, the faster of the plain ones. */
  plain(work) {
    return ['page', 'worker']
      .filter((way) => this.speed(work, way) !== undefined)
      .sort((a, b) => this.speed(work, a) - this.speed(work, b))[0];
  }
  /** How many times as fast as another way. */
  over(work, way, of = 'ours') {
    return this.speed(work, way) / this.speed(work, of);
  }
  cpuOver(work, way) {
    const cpu = (way) => this.speed(work, way, (sample) => sample.cpu);
    return cpu('ours') / cpu(way);
  }
  growth(work, way = 'ours') {
    return this.median('memory', { work, way }, ({ before, peak }) => peak - before);
  }
}

/**
 * How far a figure that was measured in several rounds may be from what it is, relative to it: the
 * standard error of its logarithm. undefined with less than two rounds.
 */
export function noiseOf(figures) {
  const logs = figures.filter((figure) => Number.isFinite(figure) && figure > 0).map(Math.log);
  if (logs.length < 2) return undefined;
  const mean = logs.reduce((sum, log) => sum + log) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  return Math.sqrt(variance / logs.length);
}
