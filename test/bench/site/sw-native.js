// The worker of a site that uses the browser's own Background Fetch.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('backgroundfetchsuccess', () => {});
