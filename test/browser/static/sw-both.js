// A worker that says what our script did to it. In the URL: native=prefer|never.
importScripts('/report.js');
const options = new URL(location.href).searchParams;
self.backgroundFetchOptions = { native: options.get('native') };
const before = self.BackgroundFetchManager;
importScripts('/dist/sw.js');
self.patched = self.BackgroundFetchManager !== before;
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('backgroundfetchsuccess', (event) =>
  report('native-success', { id: event.registration.id, isTrusted: event.isTrusted }),
);
self.addEventListener('message', (event) => {
  if (event.data?.type === 'eval') event.ports[0].postMessage({ value: (0, eval)(event.data.code) });
  else report('message', { data: String(JSON.stringify(event.data)) });
});
