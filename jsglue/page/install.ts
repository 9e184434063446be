/**
 * Installing the API in a page, or in a dedicated or shared worker, or leaving
 * everything as it is.
 */

import { installInterfaces } from '../shared/install';
import { keepOwnCaches } from '../shared/own-caches';
import { setDefaultRetry, toRetryOptions } from '../shared/retry';
import type { InstallOptions } from './options';
import { installPagePermissions } from './permissions';
import { explainReady } from './ready';
import { trace } from './trace';
import { transportOf } from './transport';
import { tellOfUnregistering } from './unregister';
import { wakeWorkers } from './wake';

/**
 * Install the API, synchronously. Returns whether the realm has it afterwards.
 * Where it is not supported, nothing is changed and a warning says why. It is so on servers and
 * in unit tests, too. Throws a TypeError that names an option which is wrong.
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
  if (inWorker) return true;
  explainReady();
  // Nothing is lost if it fails: it only saves waiting for the next event.
  wakeWorkers().catch(() => {});
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
