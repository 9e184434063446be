// Each batch goes to a page, which sends it when it is hidden. Without a page the worker sends it.
self.backgroundFetchOptions = { onlog: report };
importScripts('background-fetch/sw.js');

async function report(batch) {
  const [page] = await clients.matchAll();
  if (page) return page.postMessage({ type: 'background-fetch-log', batch });
  await fetch('telemetry', { method: 'POST', body: JSON.stringify(batch), keepalive: true });
}

addEventListener('install', (event) => {
  skipWaiting();
  // What a page sends as it goes must not pass this worker: Chromium then loses some of it.
  const condition = { urlPattern: new URL('telemetry', location).href };
  event.waitUntil(event.addRoutes?.({ condition, source: 'network' }));
});
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open('downloads');
      for (const record of await event.registration.matchAll()) await cache.put(record.request, await record.responseReady);
    })(),
  );
});
