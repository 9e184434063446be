// The test worker, with a site's fetch listener that answers from what is kept: for
// /kept/<anything>?of=<url>, and for sound and video of the fault server.
// It counts the bytes that are read of stored bodies, and from how many entries; and
// how often the program was loaded.
const reads = { bytes: 0, entries: 0 };
let programs = 0;
const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = async function () {
  const result = await read.call(this);
  reads.bytes += result.value?.byteLength ?? 0;
  return result;
};
const { match } = Cache.prototype;
Cache.prototype.match = function (key, ...rest) {
  if (String(key).includes('/__bgfetch__/')) reads.entries++;
  return match.call(this, key, ...rest);
};
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = (...args) => (programs++, original.apply(WebAssembly, args));
}
self.addEventListener('message', (event) => {
  if (event.data?.type !== 'reads') return;
  event.ports[0].postMessage({ ...reads, programs });
  reads.bytes = reads.entries = 0;
});

/** Calls a method of `kept`; a response is told by its status, URL and content. */
async function callKept({ method, args }) {
  const result = await self.registration.backgroundFetch.kept[method](...args);
  if (!(result instanceof Response)) return result;
  const body = await result.arrayBuffer();
  return { status: result.status, url: result.url, size: body.byteLength, sha256: await sha256(body) };
}
self.addEventListener('message', (event) => {
  if (event.data?.type !== 'kept') return;
  event.waitUntil(callKept(event.data).then((result) => event.ports[0].postMessage(result)));
});

importScripts('/dist/sw.js');
importScripts('/worker.js');

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const { backgroundFetch } = self.registration;
  if (url.pathname.startsWith('/kept/')) {
    const answer = backgroundFetch.serve(event.request, { url: url.searchParams.get('of') });
    event.respondWith(answer.then((response) => response ?? new Response('', { status: 404 })));
  } else if (/^(audio|video)\//.test(url.searchParams.get('type'))) {
    event.respondWith(backgroundFetch.serve(event.request).then((response) => response ?? fetch(event.request)));
  }
});
