// The test worker, which tells of each navigation that would change something.
self.addEventListener('fetch', ({ request: { method, mode, url } }) => {
  if (mode === 'navigate' && method !== 'GET') report('navigation', { path: new URL(url).pathname });
});

importScripts('/dist/sw.js');
importScripts('/worker.js');
