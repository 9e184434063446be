/** How fast something grows, over the last seconds. */

const WINDOW_MS = 5000;
/** Less than that says nothing. */
const LEAST_MS = 700;

export class Rate {
  #samples: { at: number; value: number }[] = [];

  /** at: ms. A value that is smaller than before begins anew. */
  add(value: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last && value < last.value) this.#samples = [];
    this.#samples.push({ at, value });
    while (this.#samples.length > 2 && this.#samples[1]!.at <= at - WINDOW_MS) this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** For each second, or undefined while it is not known. */
  perSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < LEAST_MS) return undefined;
    return ((last.value - first.value) / (last.at - first.at)) * 1000;
  }
}
