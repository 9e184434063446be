/** Where the Go program's code comes from: a cache filled at install, or the network. */

import { cacheNames, type WorkerContext } from './context';
import { deleteOwnCache } from './own-caches';

/**
 * Keeps the code for later starts, with or without a network. Never rejects: a
 * worker without it fetches the code when it is needed.
 */
export async function cacheProgram(context: WorkerContext): Promise<void> {
  try {
    const cache = await caches.open(context.programCache);
    if (await cache.match(context.wasmURL)) return;
    const response = await fetch(context.wasmURL);
    // Some servers answer with a page of theirs what they do not have.
    if (response.ok && !typeOf(response).startsWith('text/')) await cache.put(context.wasmURL, response);
  } catch {
    // Boot fetches it again, and tells what is wrong with it.
  }
}

/** Deletes the code of other versions that this scope had. */
export async function deleteOtherPrograms(context: WorkerContext): Promise<void> {
  const names = await cacheNames(context.programCachePrefix);
  const others = names.filter((name) => name !== context.programCache);
  await Promise.all(others.map(deleteOwnCache));
}

/** Rejects with an Error that names the cause, for people. */
export async function instantiate(context: WorkerContext, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  const response = (await cachedProgram(context)) ?? (await fetchProgram(context));
  const type = typeOf(response);
  try {
    const { instance } = type === 'application/wasm'
      ? await WebAssembly.instantiateStreaming(response, imports)
      : await WebAssembly.instantiate(await response.arrayBuffer(), imports);
    return instance;
  } catch (error) {
    throw new Error(
      `${context.wasmURL} (status ${response.status}, type "${type}") could not be instantiated: ${error}.` +
        " If a Content-Security-Policy forbids it: that of the worker's script must allow 'wasm-unsafe-eval'.",
    );
  }
}

function typeOf(response: Response): string {
  return (response.headers.get('Content-Type') ?? '').trim().toLowerCase();
}

async function cachedProgram(context: WorkerContext): Promise<Response | undefined> {
  // match() with a cacheName makes no cache; storage that fails is no reason not to run.
  return caches.match(context.wasmURL, { cacheName: context.programCache }).catch(() => undefined);
}

async function fetchProgram(context: WorkerContext): Promise<Response> {
  const response = await fetch(context.wasmURL).catch((error) => {
    throw new Error(`${context.wasmURL} could not be fetched: ${error}`);
  });
  if (!response.ok) throw new Error(`${context.wasmURL} could not be fetched: status ${response.status}.`);
  void cacheProgram(context);
  return response;
}
