// The worker of a site whose links expire and which keeps little, with a look at what the Go program
// holds: the message {type: 'measure'} is answered with the bytes of its memory, and the JS values and
// functions that it has references to; {type: 'happened'} with what the site was told; {type: 'tidy'}
// deletes what is kept.
self.backgroundFetchOptions = { keepMax: 1_000_000 };
let memory;
for (const name of ['instantiate', 'instantiateStreaming']) {
  const original = WebAssembly[name];
  WebAssembly[name] = async (source, imports) => {
    const result = await original.call(WebAssembly, source, imports);
    memory = (result.instance ?? result).exports.mem;
    return result;
  };
}
// Go's glue keeps what the program refers to in a member of this name.
let go;
Object.defineProperty(Object.prototype, '_values', {
  configurable: true,
  set(value) {
    go = this;
    Object.defineProperty(this, '_values', { value, writable: true, configurable: true });
  },
});

const happened = { given: 0, rejected: 0, declined: 0, evicted: 0 };
const answers = {
  measure() {
    const held = go._values.filter((value) => value !== null && value !== undefined);
    const functions = held.filter((value) => typeof value === 'function').length;
    return { memory: memory.buffer.byteLength, values: held.length, functions };
  },
  happened: () => happened,
  async tidy() {
    const { kept } = self.registration.backgroundFetch;
    for (const { url } of await kept.list()) await kept.delete(url);
  },
};
self.addEventListener('message', (event) => {
  const { data, ports } = event;
  if (!(data?.type in answers)) return;
  event.stopImmediatePropagation();
  event.waitUntil((async () => ports[0].postMessage(await answers[data.type]()))());
});

// A link that is forbidden is given anew, and a token that is none at the second time; what is gone is gone.
const rejected = new Set();
self.addEventListener('backgroundfetchrefresh', (event) => {
  const { request, response } = event;
  const answer = async () => {
    if (response.status === 410 || response.status === 404) {
      happened.declined++;
      return undefined;
    }
    if (response.status === 401 && !rejected.has(request.url)) {
      rejected.add(request.url);
      happened.rejected++;
      throw new Error('nobody is signed in');
    }
    happened.given++;
    const url = new URL(request.url);
    url.searchParams.delete('status');
    return url;
  };
  event.respondWith(answer());
});
self.addEventListener('backgroundfetchevict', ({ records }) => (happened.evicted += records.length));

importScripts('/dist/sw.js');
importScripts('/worker.js');
