// A worker that does with Background Fetch what public apps do, good and bad.
importScripts('/dist/sw.js');
importScripts('/report.js');

const found = {
  manager: 'BackgroundFetchManager' in self,
  registration: 'backgroundFetch' in self.registration,
  prototype: 'backgroundFetch' in ServiceWorkerRegistration.prototype,
  handler: 'onbackgroundfetchsuccess' in self,
};
if ('BackgroundFetchManager' in self) {
  self.addEventListener('backgroundfetchsuccess', (event) => handlers[event.registration.id]?.(event));
  self.addEventListener('backgroundfetchfail', (event) => handlers[event.registration.id]?.(event));
  self.addEventListener('backgroundfetchfailure', () => report('wild', { id: 'backgroundfetchfailure' }));
}
self.onbackgroundfetchsuccess = (event) => report('wild', { id: `${event.registration.id}: on` });

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

// Reads members of whatever comes, and answers everything.
self.addEventListener('message', (event) => {
  const { type, id } = event.data;
  report('wild', { id: 'message', type, number: id });
  event.source.postMessage({ type: 'answer', found });
});

// Caches everything it sees.
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open('everything');
      const cached = await cache.match(request);
      if (cached) return cached;
      const response = await fetch(request);
      if (response.status === 200) await cache.put(request, response.clone());
      return response;
    })(),
  );
});

const names = async (...calls) =>
  Promise.all(
    calls.map((call) =>
      call().then(
        () => 'done',
        (error) => error.name,
      ),
    ),
  );

async function storeAll(event) {
  const cache = await caches.open('downloads');
  const records = await event.registration.matchAll();
  await Promise.all(records.map(async (record) => cache.put(record.request, await record.responseReady)));
}

async function tellPages(data) {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(data);
}

const handlers = {
  store(event) {
    event.waitUntil(
      (async () => {
        await storeAll(event);
        await event.updateUI({ title: 'Stored' });
        report('wild', { id: 'store', again: await names(() => event.updateUI({ title: 'Twice' })) });
      })(),
    );
  },
  // async, nothing awaits it, and no waitUntil.
  async loose(event) {
    const records = await event.registration.matchAll();
    const texts = [];
    for (const record of records) {
      const response = await record.responseReady;
      texts.push({ url: response.url, length: (await response.text()).length });
    }
    event.updateUI({ title: 'Not awaited' }).catch(() => {});
    report('wild', { id: 'loose', texts });
  },
  mistaken(event) {
    event.waitUntil(async () => {});
    report('wild', { id: 'mistaken' });
  },
  failing(event) {
    event.waitUntil(
      (async () => {
        const url = event.registration.id && (await event.registration.matchAll())[0].request.url;
        const rows = [];
        for (const record of await event.registration.matchAll()) {
          const response = await record.responseReady.catch(() => undefined);
          rows.push({
            found: response?.url === url,
            ok: !!(response && response.ok),
            size: response && (await response.text()).length,
          });
        }
        report('wild', { id: 'failing', type: event.type, rows });
      })(),
    );
  },
  telling(event) {
    event.waitUntil(tellPages({ type: 'finished', id: event.registration.id }));
  },
};
