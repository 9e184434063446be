import { install } from 'background-fetch-wasm/worker';
import { cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';

install({ wasmURL: 'background-fetch/bgfetch.wasm' });
cleanupOutdatedCaches();
precacheAndRoute(self.__WB_MANIFEST);

addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open('downloads');
      for (const record of await event.registration.matchAll()) await cache.put(record.request, await record.responseReady);
    })(),
  );
});
