// The stands that the ways of some works need, all open at once and warm.
import { Stand, standFor } from './stand.mjs';
import { warmUp } from './works.mjs';

export class Stands {
  #stands = {};

  /** Opens what the ways need. */
  static async open(browser, context, ways) {
    const stands = new Stands(browser, context);
    try {
      for (const way of new Set(ways.map(standFor))) await stands.#open(way);
    } catch (error) {
      await stands.close();
      throw error;
    }
    return stands;
  }

  constructor(browser, context) {
    this.browser = browser;
    this.context = context;
  }

  /** Opens one, and runs what is not counted in each way that is gone on it. */
  async #open(way) {
    const stand = await Stand.open({ browser: this.browser, way, ...this.context });
    this.#stands[way] = stand;
    for (const one of waysOf(warmUp, this.browser)) if (standFor(one) === way) await stand.run(warmUp, one);
  }

  of(way) {
    return this.#stands[standFor(way)];
  }

  /** Stand.run(); after a failure the stand is another one. */
  async run(work, way, options) {
    try {
      return await this.of(way).run(work, way, options);
    } catch (error) {
      await this.of(way).close();
      await this.#open(standFor(way));
      throw error;
    }
  }

  async close() {
    await Promise.all(Object.values(this.#stands).map((stand) => stand.close()));
  }
}

/** Ways of a work that this browser has. */
export const waysOf = (work, browser) => work.ways.filter((way) => way !== 'native' || browser === 'chromium');
