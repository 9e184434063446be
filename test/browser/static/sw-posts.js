// The test worker, which tells of each navigation that would change something, and what
// navigations to our paths are answered with.
self.addEventListener('fetch', ({ request: { method, mode, url } }) => {
  if (mode === 'navigate' && method !== 'GET') report('navigation', { path: new URL(url).pathname });
});
const { respondWith } = FetchEvent.prototype;
FetchEvent.prototype.respondWith = function (promise) {
  respondWith.call(this, promise);
  if (this.request.mode !== 'navigate') return;
  Promise.resolve(promise).then(({ status, headers }) =>
    report('answer', { url: this.request.url, status, headers: [...headers] }),
  );
};

importScripts('/dist/sw.js');
importScripts('/worker.js');
