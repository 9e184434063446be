/**
 * dist/sw.js, for classic workers: `importScripts('.../sw.js')` as the first line
 * is all that a worker needs. `self.backgroundFetchOptions` may be set before.
 */

import { currentScriptURL } from './context';
import type { WorkerOptions } from './options';
import { installWorker } from './install';
import { worker } from './worker';

const { backgroundFetchOptions = {} } = worker as { backgroundFetchOptions?: WorkerOptions };
installWorker(backgroundFetchOptions, currentScriptURL());
