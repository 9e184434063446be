importScripts('https://cdn.jsdelivr.net/npm/background-fetch-wasm@0.1.0/dist/sw.js');

addEventListener('backgroundfetchsuccess', (event) => event.waitUntil(store(event.registration)));

async function store(registration) {
  const cache = await caches.open('downloads');
  for (const record of await registration.matchAll()) await cache.put(record.request, await record.responseReady);
}
