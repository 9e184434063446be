/** Where the Go program's code comes from: a cache filled at install, or the network. */

import { VERSION } from '../shared/version';
import { cacheNames, PROGRAM_HASH, type WorkerContext } from './context';
import { deleteOwnCache } from '../shared/own-caches';
import { reachable } from './network';

const TYPE = 'application/wasm';

/** What a CDN, or the site, may have forgotten: the browser tells neither from a server that is away. */
const FORBIDDEN =
  ' Its server answers. If it is of another origin, it must send Access-Control-Allow-Origin;' +
  " and connect-src in the Content-Security-Policy of the worker's script must allow it.";

/**
 * Keeps the code for later starts, with or without a network. Never rejects: a
 * worker without it fetches the code when it is needed, and tells what is wrong with it.
 */
export async function cacheProgram(context: WorkerContext): Promise<void> {
  try {
    // The page takes the presence of this cache for the sign that the worker is ours.
    const cache = await caches.open(context.programCache);
    if (!(await isRight(cache, context))) await put(cache, context.wasmURL, await fetchProgram(context));
  } catch {}
}

/** The same with what was just fetched. */
async function storeProgram({ programCache, wasmURL }: WorkerContext, program: Fetched): Promise<void> {
  await put(await caches.open(programCache), wasmURL, program);
}

/** Deletes the code of other versions that this scope had. */
export async function deleteOtherPrograms(context: WorkerContext): Promise<void> {
  const names = await cacheNames(context.programCachePrefix);
  const others = names.filter((name) => name !== context.programCache);
  await Promise.all(others.map(deleteOwnCache));
}

/** Rejects with an Error that names the cause, for people. */
export async function instantiate(context: WorkerContext, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> {
  try {
    const cached = await instantiateCached(context, imports);
    if (cached) return cached;
    const program = await fetchProgram(context);
    storeProgram(context, program).catch(() => {});
    return (await WebAssembly.instantiate(program.bytes, imports)).instance;
  } catch (error) {
    if (error instanceof Wrong) throw error;
    throw new Error(
      `Background Fetch: ${context.wasmURL} could not be instantiated: ${error}.` +
        " If a Content-Security-Policy forbids it: that of the worker's script must allow 'wasm-unsafe-eval'.",
    );
  }
}

/** What came is not the program that belongs to this script. */
class Wrong extends Error {}

interface Fetched {
  response: Response;
  bytes: ArrayBuffer;
  type: string;
}

/** From the network, whole and of the right version. Rejects with Wrong. */
async function fetchProgram(context: WorkerContext): Promise<Fetched> {
  // What is wrong may only be the browser's copy of it.
  return fetchOnce(context, 'default').catch(() => fetchOnce(context, 'reload'));
}

async function fetchOnce({ wasmURL }: WorkerContext, cache: RequestCache): Promise<Fetched> {
  const fail = (what: string): never => {
    throw new Wrong(`Background Fetch: ${wasmURL} ${what}`);
  };
  const response = await fetch(wasmURL, { cache }).catch(async (error) => {
    const answers = await reachable({ url: wasmURL }, new AbortController().signal);
    return fail(`could not be fetched: ${error}.${answers ? FORBIDDEN : ''}`);
  });
  const where =
    'Serve the bgfetch.wasm of the package beside its sw.js, or set wasmURL in backgroundFetchOptions or install({ wasmURL }).';
  if (!response.ok) fail(`could not be fetched: status ${response.status}. ${where}`);
  // The response itself goes into the cache: it has the URL by which browsers know code that they compiled.
  const bytes = await response
    .clone()
    .arrayBuffer()
    .catch((error) => fail(`broke off: ${error}.`));
  const type = (response.headers.get('Content-Type') ?? '').trim().toLowerCase();
  if ((await hashOf(bytes)) === PROGRAM_HASH) return { response, bytes, type };
  if (new TextDecoder().decode(bytes.slice(0, 4)) !== '\0asm') fail(`(type "${type}") is not a WebAssembly program. ${where}`);
  return fail(
    `is cut off, damaged, or of another version than this script, ${VERSION}: it has ${bytes.byteLength} bytes. ` +
      'Deploy all files of one version together.',
  );
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, PROGRAM_HASH.length);
}

/** With another type it could not be instantiated as a stream. */
async function put(cache: Cache, url: string, { response, bytes, type }: Fetched): Promise<void> {
  if (type === TYPE) return cache.put(url, response);
  console.warn(`Background Fetch: ${url} is served as "${type}". It works; browsers load it faster as ${TYPE}.`);
  await cache.put(url, new Response(bytes, { headers: { 'Content-Type': TYPE } }));
}

/** Undefined where the cache does not have the program. */
async function instantiateCached(
  context: WorkerContext,
  imports: WebAssembly.Imports,
): Promise<WebAssembly.Instance | undefined> {
  const { wasmURL, programCache } = context;
  // match() with a cacheName makes no cache; storage that fails is no reason not to run.
  const cached = await caches.match(wasmURL, { cacheName: programCache }).catch(() => undefined);
  if (!cached) return undefined;
  // What the hash is made of is read beside: a copy of this response would not be known as code that was compiled.
  const instantiated = WebAssembly.instantiateStreaming(cached, imports);
  instantiated.catch(() => {}); // of a damaged one nobody wants to know
  const right = await caches
    .open(programCache)
    .then((cache) => isRight(cache, context))
    .catch(() => false);
  return right ? (await instantiated).instance : undefined;
}

/**
 * Whether the cache has the program that belongs to this script. What is damaged, or can
 * not be read, is deleted: it would be so for ever.
 */
async function isRight(cache: Cache, { wasmURL }: WorkerContext): Promise<boolean> {
  const cached = await cache.match(wasmURL);
  if (!cached) return false;
  const hash = await cached.arrayBuffer().then(hashOf, String);
  if (hash === PROGRAM_HASH) return true;
  console.warn(`Background Fetch: the stored copy of ${wasmURL} is damaged, and is fetched again.`);
  await cache.delete(wasmURL);
  return false;
}
