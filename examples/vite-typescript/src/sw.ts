import { install } from 'background-fetch-wasm/worker';

declare const self: ServiceWorkerGlobalScope;

install({ wasmURL: '/background-fetch/bgfetch.wasm' });

async function keep(registration: BackgroundFetchRegistration): Promise<void> {
  const cache = await caches.open('downloads');
  for (const record of await registration.matchAll()) await cache.put(record.request, await record.responseReady);
}

self.addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(keep(event.registration).then(() => event.updateUI({ title: 'Clip: complete' })));
});
