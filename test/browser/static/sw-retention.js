// The test worker, with a bound of what is kept. It tells what is about to be deleted of it, and
// calls the methods of `kept`.
const { searchParams } = new URL(location.href);
if (searchParams.has('keepMax')) self.backgroundFetchOptions = { keepMax: Number(searchParams.get('keepMax')) };

async function callKept({ method, args }) {
  try {
    const result = await self.registration.backgroundFetch.kept[method](...args);
    return { result: result instanceof Response ? await sha256(await result.arrayBuffer()) : result };
  } catch ({ name, message }) {
    return { error: name, message };
  }
}
self.addEventListener('message', (event) => {
  if (event.data?.type !== 'kept') return;
  event.waitUntil(callKept(event.data).then((answer) => event.ports[0].postMessage(answer)));
});

self.addEventListener('backgroundfetchevict', (event) => {
  const { records } = event;
  // Until waitUntil() has settled they are still there.
  const read = async () => {
    const { kept } = self.registration.backgroundFetch;
    const bodies = await Promise.all(records.map(({ url }) => kept.match(url)));
    report('evict', { records, there: bodies.map((body) => body !== undefined), constructor: event.constructor.name });
    await Promise.all(bodies.map((body) => body?.body.cancel()));
  };
  if (searchParams.has('reads')) event.waitUntil(read());
  else report('evict', { records });
});

importScripts('/room.js', '/dist/sw.js', '/worker.js');
