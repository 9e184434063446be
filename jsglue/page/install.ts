/** Installing the API in a page, or leaving everything as it is. */

import { installInterfaces } from '../shared/install';
import { installPagePermissions } from './permissions';
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
}

/**
 * Install the API, synchronously. Returns whether the page has it afterwards.
 * In a browser or context that cannot have it, the page is left as it was and a
 * warning says why.
 */
export function install({ native = 'prefer', permission }: InstallOptions = {}): boolean {
  if ('BackgroundFetchManager' in globalThis && (native !== 'never' || installed)) return true;
  // Insecure contexts have no service workers, and no API anywhere.
  if (!isSecureContext) return false;
  const missing = whatIsMissing();
  if (missing) {
    console.warn(`Background Fetch is not available: there is no ${missing} here.`);
    return false;
  }
  installed = true;
  installInterfaces(globalThis, transportOf);
  installPagePermissions(permission);
  tellOfUnregistering();
  // Nothing is lost if it fails: it only saves waiting for the next event.
  wakeWorkers().catch(() => {});
  return true;
}

let installed = false;

function whatIsMissing(): string | undefined {
  const { navigator } = globalThis;
  const needed: [name: string, read: () => unknown][] = [
    ['service worker', () => navigator.serviceWorker],
    ['WebAssembly', () => globalThis.WebAssembly],
    ['IndexedDB', () => globalThis.indexedDB],
    ['Cache API', () => globalThis.caches],
    ['ReadableStream', () => globalThis.ReadableStream],
  ];
  return needed.find(([, read]) => {
    try {
      return !read();
    } catch {
      // Getters throw a SecurityError in sandboxed frames.
      return true;
    }
  })?.[0];
}
