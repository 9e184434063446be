/**
 * Installing the API in a page, or in a dedicated or shared worker, or leaving
 * everything as it is.
 */

import { installInterfaces } from '../shared/install';
import { keepOwnCaches } from '../shared/own-caches';
import { setDefaultRetry, toRetryOptions, type RetryOptions } from '../shared/retry';
import { installPagePermissions } from './permissions';
import { explainReady } from './ready';
import { trace } from './trace';
import { transportOf } from './transport';
import { tellOfUnregistering } from './unregister';
import { wakeWorkers } from './wake';

export interface InstallOptions {
  /**
   * "prefer", the default: where the browser has the API, touch nothing.
   * "never": use this implementation there, too.
   */
  native?: 'prefer' | 'never';
  /** The site's policy, for as long as there is no worker: the worker's own decides. */
  permission?: PermissionState;
  /** What fetch() in this page wants of retries, where its own options say nothing. */
  retry?: RetryOptions;
  /** Whether the console tells how background fetches of this page go, and performance.measure() how long they took. */
  debug?: boolean;
}

/**
 * Install the API, synchronously. Returns whether the realm has it afterwards.
 * In a browser or context that cannot have it, the realm is left as it was and a
 * warning says why. Throws a TypeError that names an option which is wrong.
 *
 * Chromium has no navigator.serviceWorker in workers, so nobody gets a
 * registration there: it is the interfaces alone, as with its native feature.
 */
export function install({ native = 'prefer', permission, retry, debug }: InstallOptions = {}): boolean {
  if ('BackgroundFetchManager' in globalThis && (native !== 'never' || installed)) return true;
  if (globalThis.isSecureContext === false) {
    console.warn(
      `Background Fetch is not available: ${location.origin}, or a page around it, is not secure. ` +
        'Serve the site by https, or from localhost.',
    );
    return false;
  }
  if ('ServiceWorkerGlobalScope' in globalThis) {
    console.warn('Background Fetch: in a service worker it is sw.js that installs it.');
    return false;
  }
  const missing = whatIsMissing();
  if (missing) {
    console.warn(`Background Fetch is not available: there is no ${missing} here.`);
    return false;
  }
  setDefaultRetry(toRetryOptions(retry, 'backgroundFetchOptions.retry'));
  installed = true;
  if (debug) trace();
  installInterfaces(globalThis, transportOf);
  keepOwnCaches();
  if (!navigator.serviceWorker) return true;
  installPagePermissions(permission);
  tellOfUnregistering();
  if (!inWorker) explainReady();
  // Nothing is lost if it fails: it only saves waiting for the next event.
  if (!inWorker) wakeWorkers().catch(() => {});
  return true;
}

let installed = false;

const inWorker = typeof document === 'undefined';

function whatIsMissing(): string | undefined {
  const needed = ['WebAssembly', 'indexedDB', 'caches', 'ReadableStream', 'ServiceWorkerRegistration'] as const;
  try {
    return needed.find((name) => !globalThis[name]) ?? (inWorker || navigator.serviceWorker ? undefined : 'service worker');
  } catch {
    // Getters throw a SecurityError in sandboxed frames.
    return 'storage';
  }
}
