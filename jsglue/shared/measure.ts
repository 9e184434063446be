/** performance.measure() from a moment to another, as DevTools show it. The browser keeps the moments. */

export function startMeasure(name: string): void {
  performance.mark(name);
}

/** From the last start of that name, if there was one. `detail` is shown beside it. */
export function measureTo(name: string, detail: object): void {
  if (performance.getEntriesByName(name, 'mark').length === 0) return;
  performance.measure(name, { start: name, detail });
  performance.clearMarks(name);
}
