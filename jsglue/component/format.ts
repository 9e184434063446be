/** Numbers for people, in the language of the page. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export class Format {
  readonly language: string | undefined;

  constructor(language: string | undefined) {
    this.language = language;
  }

  /** 12 MB; of: the larger amount that it is compared with, whose unit it takes. */
  bytes(bytes: number, of = bytes): string {
    return this.#bytes(bytes, of, '');
  }

  /** 12 / 60 MB */
  progress(done: number, total: number): string {
    const [value, unit] = this.#inUnit(done, total);
    return `${this.#number(value, { minimumFractionDigits: 0, maximumFractionDigits: digits(value, unit) })} / ${this.bytes(total)}`;
  }

  percent(part: number): string {
    return this.#number(part, { style: 'percent' });
  }

  /** 4.2 MB/s */
  speed(bytesPerSecond: number): string {
    return this.#bytes(bytesPerSecond, bytesPerSecond, '-per-second');
  }

  /** A rough time: 40 s, 3 min, 2 hr. */
  duration(seconds: number): string {
    const unit = seconds < 60 ? 'second' : seconds < 5400 ? 'minute' : 'hour';
    const value = Math.max(1, Math.ceil(seconds / { second: 1, minute: 60, hour: 3600 }[unit]));
    return this.#number(value, { style: 'unit', unit });
  }

  count(n: number): string {
    return this.#number(n, {});
  }

  /** The time of day, with the date where that is another day. */
  time(ms: number, now = Date.now()): string {
    const date = new Date(ms);
    const sameDay = date.toDateString() === new Date(now).toDateString();
    return date.toLocaleString(this.language, { ...(!sameDay && { dateStyle: 'short' }), timeStyle: 'short' });
  }

  #bytes(bytes: number, of: number, per: '' | '-per-second'): string {
    const [value, unit] = this.#inUnit(bytes, of);
    return this.#number(value, { style: 'unit', unit: unit + per, maximumFractionDigits: digits(value, unit) });
  }

  #inUnit(bytes: number, of: number): [number, string] {
    let power = 0;
    while (of >= 1000 ** (power + 1) && power < UNITS.length - 1) power++;
    return [bytes / 1000 ** power, UNITS[power]!];
  }

  #number(value: number, options: Intl.NumberFormatOptions): string {
    return value.toLocaleString(this.language, options);
  }
}

/** One digit after the point where there is one before it. */
function digits(value: number, unit: string): number {
  return unit !== 'byte' && value < 100 ? 1 : 0;
}
