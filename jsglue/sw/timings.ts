/**
 * How bodies were sent, as far as the browser tells: by the resource timing entries of
 * the worker's own requests (docs/observations.md).
 */

import type { HostConfig, HostMethods } from './host';

type Sent = HostMethods['sent'][1];

/** TypeScript's library lacks contentEncoding, which Chromium alone has. */
interface Timing extends PerformanceResourceTiming {
  readonly contentEncoding?: string;
}

/** An entry comes up to 10 ms after the end of its body. */
const LATE_MS = 100;

/** So many entries are remembered, for bodies that have just ended. */
const REMEMBERED = 64;

export class Timings {
  #entries: Timing[] = [];
  /** Those who wait for an entry. Several may. */
  #waiting = new Set<() => void>();
  // The list that the browser itself keeps is full after 250 entries.
  #observer = new PerformanceObserver((list) => {
    this.#entries = [...this.#entries, ...(list.getEntries() as Timing[])].slice(-REMEMBERED);
    for (const look of this.#waiting) look();
  });

  constructor() {
    this.#observer.observe({ type: 'resource' });
  }

  close(): void {
    this.#observer.disconnect();
  }

  /**
   * How the body was sent of a response to a request for url that was made after since
   * (performance.now()) and had so many bytes.
   */
  async sent(url: string, since: number, length: number): Promise<Sent> {
    const isIts = (entry: Timing) => entry.name === url && entry.startTime >= since;
    let entry = this.#entries.find(isIts);
    if (!entry) {
      await new Promise<void>((resolve) => {
        const look = () => {
          entry = this.#entries.find(isIts);
          if (entry) done();
        };
        const done = () => {
          clearTimeout(timer);
          this.#waiting.delete(look);
          resolve();
        };
        const timer = setTimeout(done, LATE_MS);
        this.#waiting.add(look);
      });
    }
    const { contentEncoding, encodedBodySize = 0, decodedBodySize = 0, nextHopProtocol } = entry ?? ({} as Partial<Timing>);
    return {
      // Sizes that are hidden are 0, and those of a redirection are of another body.
      encodedLength: decodedBodySize === length && length > 0 ? encodedBodySize : -1,
      plain: contentEncoding === '',
      encoded: Boolean(contentEncoding) && contentEncoding !== '@unknown',
      duration: entry?.duration,
      protocol: nextHopProtocol,
    };
  }
}

/** Which bodies that end too early this browser reports, as observed; an unknown one reports none. */
export function framing(browser: { userAgent: string; userAgentData?: unknown } = navigator): HostConfig['framing'] {
  const { userAgent } = browser;
  const chromium = 'userAgentData' in browser || /\bChrome\//.test(userAgent);
  // WebKit says "like Gecko", without a slash.
  const firefox = /\bGecko\/\d/.test(userAgent);
  return {
    contentLength: chromium,
    keptAlive: !firefox && /\bAppleWebKit\//.test(userAgent),
    chunked: chromium || firefox,
  };
}
