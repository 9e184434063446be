// A module worker that keeps models; `slow` in its URL lets each copy take so long, in ms.
import { install } from '/dist/sw.mjs';
import { keepModels } from '/dist/models.mjs';

const slow = Number(new URL(location.href).searchParams.get('slow'));
const { put } = Cache.prototype;
Cache.prototype.put = async function (request, response) {
  if (slow && request instanceof Request && request.url.includes('/file/'))
    await new Promise((resolve) => setTimeout(resolve, slow));
  return put.call(this, request, response);
};

install();
keepModels();
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
