// The site's worker: the product, the plain way, and an empty Go program to
// compare starts with.
const instantiateStreaming = WebAssembly.instantiateStreaming.bind(WebAssembly);
// With ranges=true in its URL, a record may come by several requests at a time, with ranges=false by one.
const ranges = new URL(location.href).searchParams.get('ranges');
if (ranges !== null) self.backgroundFetchOptions = { ranges: ranges === 'true' };
importScripts('/hooks.js', '/dist/sw.js', '/plain.js', '/built/wasm_exec.js');

const EMPTY = '/built/empty.wasm';

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open('empty').then((cache) => cache.add(EMPTY)));
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const commands = {
  /** The plain way in the worker. */
  store: (work) => plain.store(work),
  storeByScript: (work) => plain.storeByScript(work),
  state: async () => hooks.state(),
  /** Instantiates and runs the empty program as the product does its own; ms. */
  async bare() {
    const begun = performance.now();
    const go = new Go();
    go.exit = () => {};
    const { instance } = await instantiateStreaming(await caches.match(EMPTY), go.importObject);
    await go.run(instance);
    return performance.now() - begun;
  },
  /** Instantiates the product's program, which is not run; ms. */
  async instantiated() {
    const name = (await caches.keys()).find((name) => name.startsWith('bgfetch:program:'));
    const cache = await caches.open(name);
    const [key] = await cache.keys();
    const begun = performance.now();
    await instantiateStreaming(await cache.match(key), new Go().importObject);
    return performance.now() - begun;
  },
  /** Firefox ends a worker whose last event from a window is a minute old. */
  ping: async () => null,
};

self.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (!(event.data?.command in commands)) return;
  const answer = commands[event.data.command](event.data.work).then(
    (value) => port.postMessage({ value }),
    (error) => port.postMessage({ error: String(error) }),
  );
  event.waitUntil(answer);
});
