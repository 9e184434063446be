/// <reference types="background-fetch-wasm/sw.js" />

importScripts('background-fetch/sw.js');

const worker = self as unknown as ServiceWorkerGlobalScope;

async function keep(registration: BackgroundFetchRegistration): Promise<void> {
  const cache = await caches.open('downloads');
  for (const record of await registration.matchAll()) await cache.put(record.request, await record.responseReady);
}

worker.addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(keep(event.registration).then(() => event.updateUI({ title: 'Clip: complete' })));
});
