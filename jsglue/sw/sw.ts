/**
 * dist/sw.js, for classic workers: `importScripts('.../sw.js')` as the first line
 * is all that a worker needs. `self.backgroundFetchOptions` may be set before.
 */

import { currentScriptURL } from './context';
import { installWorker } from './install';
import { worker } from './worker';

installWorker(worker.backgroundFetchOptions ?? {}, currentScriptURL());
