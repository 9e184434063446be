/** A part of a resource: the bytes from start up to, not including, end. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The part that a Range header asks for. Undefined where all is sent, because there is no header, or
 * one that a server ignores: several ranges, another unit, bad syntax.
 */
export function parseRange(header: string, size: number): Span | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes= *(\d*)-(\d*) *$/.exec(header) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    return Number(last) === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - Number(last)), end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
