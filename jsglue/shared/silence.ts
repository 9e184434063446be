/**
 * Silence of another realm. A timer that is due is often run before the messages that
 * came while this realm was busy, so the time alone tells nothing: they are let run first.
 */

/** After the time is over, so many turns of this length, in ms, have to pass without a word, too. */
const TURNS = 3;
const TURN_MS = 100;

export interface Silence {
  /** A word came: the time begins anew. */
  heard(): void;
  /** Nobody listens any more. */
  end(): void;
}

/** Calls `then` once when no word came for so long, ms. */
export function afterSilence(ms: number, then: () => void): Silence {
  let timer: ReturnType<typeof setTimeout>;
  const turn = (left: number): void => {
    timer = setTimeout(() => (left > 0 ? turn(left - 1) : then()), TURN_MS);
  };
  const end = (): void => clearTimeout(timer);
  const heard = (): void => {
    end();
    timer = setTimeout(turn, ms, TURNS - 1);
  };
  heard();
  return { heard, end };
}
