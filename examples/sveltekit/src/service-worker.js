import { install } from 'background-fetch-wasm/worker';

install({ wasmURL: 'background-fetch/bgfetch.wasm' });

addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open('downloads');
      for (const record of await event.registration.matchAll()) await cache.put(record.request, await record.responseReady);
    })(),
  );
});
