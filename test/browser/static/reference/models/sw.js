// Stores the voice, and tells all pages of it.
async function tell(message, id) {
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: 'window' });
  for (const page of pages) page.postMessage({ message, id });
}

self.addEventListener('backgroundfetchsuccess', (event) => {
  const { registration } = event;
  event.waitUntil(
    (async () => {
      const voices = await caches.open('voices');
      const files = await registration.matchAll();
      const copies = files.map(async (file) => {
        const answer = await file.responseReady;
        await voices.put(file.request, answer);
      });
      await Promise.all(copies);
      event.updateUI({ title: 'The voice can be used now' });
      await tell('arrived', registration.id);
    })(),
  );
});

self.addEventListener('backgroundfetchfail', (event) => {
  console.log('the voice failed:', event.registration.failureReason);
  event.waitUntil(tell('failed', event.registration.id));
});

self.addEventListener('backgroundfetchabort', (event) => {
  console.log('the voice was stopped:', event.registration.id);
  event.waitUntil(tell('stopped', event.registration.id));
});

self.addEventListener('backgroundfetchclick', (event) => {
  event.waitUntil(self.clients.openWindow('/'));
});
