// A worker that does anything: code comes in messages. In the URL:
//
//   lib=0           without our script
//   native, permission, debug   backgroundFetchOptions
//   wait=1          no skipWaiting(): an update waits
//   claim=0         no clients.claim(): the page that registers it is not controlled
//   notifications=fake   shows them to nobody, as if the user had agreed
//   tidy=1          deletes all caches that it does not know, when it is activated
importScripts('/report.js');
const options = new URL(location.href).searchParams;
self.backgroundFetchOptions = Object.fromEntries(
  ['native', 'permission', 'debug'].filter((name) => options.has(name)).map((name) => [name, options.get(name)]),
);
if (self.backgroundFetchOptions.debug) self.backgroundFetchOptions.debug = true;
if (options.get('notifications') === 'fake') importScripts('/fake-notifications.js');
if (options.get('lib') !== '0') importScripts('/dist/sw.js');

report('boot', { boot: crypto.randomUUID() });
// What an installing worker sees.
self.early = (async () => {
  if (!self.registration.backgroundFetch) return null;
  const { backgroundFetch } = self.registration;
  return {
    get: String(await backgroundFetch.get('none')),
    ids: await backgroundFetch.getIds(),
    fetch: await backgroundFetch.fetch('none', '/').then(String, (error) => error.name),
  };
})().catch((error) => String(error));

self.addEventListener('install', (event) => {
  if (options.get('wait') !== '1') self.skipWaiting();
  event.waitUntil(self.early);
});
async function activate() {
  if (options.get('tidy') === '1') {
    for (const name of await caches.keys()) if (name !== 'own') await caches.delete(name);
  }
  if (options.get('claim') !== '0') await self.clients.claim();
}
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.messages = [];
self.addEventListener('message', (event) => {
  if (event.data?.type !== 'eval') return void self.messages.push(event.data);
  const answer = (async () => {
    try {
      return { value: (await (0, eval)(event.data.code)) ?? null };
    } catch (error) {
      return { error: { name: error.name, message: error.message } };
    }
  })();
  event.waitUntil(answer.then((value) => event.ports[0].postMessage(value)));
});
