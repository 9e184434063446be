/** The option `debug` of the page: what its objects show, in the console, and how long it took for DevTools. */

import { traceSnapshots } from '../shared/registration';
import { measureTo, startMeasure } from '../shared/measure';
import { fromWire } from '../shared/wire-text';

export function trace(): void {
  traceSnapshots(({ id, state, result, failureReason, downloaded, downloadTotal }, before) => {
    const name = `Background Fetch "${fromWire(id)}"`;
    if (before?.state === state && before?.result === result) return;
    const of = downloadTotal > 0 ? ` of ${downloadTotal}` : '';
    console.debug(`${name}: ${[result || state, failureReason].filter(Boolean).join(', ')}, ${downloaded}${of} bytes`);
    if (!before) startMeasure(name);
    if (result !== '') measureTo(name, { result, failureReason, downloaded });
  });
}
