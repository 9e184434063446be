/** What was asked for, by name, and which faults have happened. */

/** How an exchange ended; empty while it is under way. */
export type Outcome =
  | ''
  | 'complete'
  /** The parameters cut, cuteach and cuthead. */
  | 'cut'
  /** From the moment it stalls. */
  | 'stalled'
  | 'truncated'
  /** The parameter fin. */
  | 'closed'
  | 'down'
  /** The server was told to cut or to stop while it was sending. */
  | 'broken'
  /** The server was stopped. */
  | 'refused'
  /** The client closed the connection. */
  | 'client-left';

/** One request and its answer. `bytesSent` and `outcome` change until it ends. */
export interface FaultLogEntry {
  /** When, as an ISO 8601 date. */
  time: string;
  method: string;
  url: string;
  range: string;
  ifRange?: string;
  acceptEncoding?: string;
  priority?: string;
  origin: string;
  /** 0 before the head. */
  status: number;
  contentRange?: string;
  /** Bytes of the body that the socket has taken. */
  bytesSent: number;
  outcome: Outcome;
  /** How long it took, 0 while it is under way. */
  ms: number;
}

/** What is remembered of one name. */
interface State {
  /** Answered with content: all but HEAD and OPTIONS. */
  requests: number;
  /** All but OPTIONS. */
  asked: number;
  rangeAnswers: number;
  faults: Map<string, number>;
  entries: FaultLogEntry[];
}

/** So many entries of a name are kept; the oldest go first. */
const MAX_LOGGED = 100_000;

export class Journal {
  readonly #names = new Map<string, State>();

  #state(name: string): State {
    let state = this.#names.get(name);
    if (!state) {
      state = { requests: 0, asked: 0, rangeAnswers: 0, faults: new Map(), entries: [] };
      this.#names.set(name, state);
    }
    return state;
  }

  /**
   * Logs a request. `number` is its place among those of its name that count, from 1: one that does not
   * gets that of the next. `asked` is its place where HEAD counts, too.
   */
  begin(name: string, entry: FaultLogEntry, counts: boolean): { number: number; asked: number } {
    const state = this.#state(name);
    const number = state.requests + 1;
    if (counts) state.requests++;
    if (entry.method !== 'OPTIONS') state.asked++;
    if (state.entries.length === MAX_LOGGED) state.entries.shift();
    state.entries.push(entry);
    return { number, asked: state.asked };
  }

  /** Whether a fault would happen now; it happens `limit` times, and always if that is 0. */
  due(name: string, fault: string, limit: number): boolean {
    return limit === 0 || (this.#state(name).faults.get(fault) ?? 0) < limit;
  }

  /** Whether a fault is to happen now, which counts it. */
  take(name: string, fault: string, limit: number): boolean {
    if (!this.due(name, fault, limit)) return false;
    const { faults } = this.#state(name);
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
    return true;
  }

  /** Counts the answers to range requests, from 1. */
  takeRangeAnswer(name: string): number {
    return ++this.#state(name).rangeAnswers;
  }

  /** Drops what is known of a name, or of all. */
  forget(name = ''): void {
    if (name === '') this.#names.clear();
    else this.#names.delete(name);
  }

  entries(name: string): FaultLogEntry[] {
    return (this.#names.get(name)?.entries ?? []).map((entry) => ({ ...entry }));
  }

  all(): Record<string, FaultLogEntry[]> {
    return Object.fromEntries([...this.#names.keys()].map((name) => [name, this.entries(name)]));
  }
}
