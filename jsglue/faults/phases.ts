/** Times in which requests get another answer than their URLs say: in a deploy, or behind a captive portal. */

import { checkMs, FaultsError } from './parameters';

export interface Phase {
  status: number;
  retryafter: string;
}

/** The name "" stands for all. */
export class Phases {
  readonly #byName = new Map<string, Phase & { until: number }>();

  begin(name: string, { status = 503, ms = 10_000, retryafter = '' as string | number }): void {
    if (!(Number.isInteger(status) && status >= 200 && status <= 999)) {
      throw new FaultsError(`parameter "status": ${status} is no final status`);
    }
    checkMs(ms);
    this.#byName.set(name, { status, retryafter: String(retryafter), until: Date.now() + ms });
  }

  /** The phase of a name, if there is one. */
  of(name: string): Phase | undefined {
    return [name, ''].map((one) => this.#byName.get(one)).find((phase) => phase && Date.now() < phase.until);
  }
}
