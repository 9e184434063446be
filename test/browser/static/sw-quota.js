// The test worker in a browser whose disk is full after so many puts of bodies:
// the parameter `puts` of the script's URL.
let left = Number(new URL(location.href).searchParams.get('puts'));
const { put } = Cache.prototype;
Cache.prototype.put = async function (request, response) {
  if (new URL(request.url ?? request, location.href).pathname.startsWith('/__bgfetch__/') && left-- <= 0) {
    await response.body?.cancel();
    if (typeof QuotaExceededError === 'function') throw new QuotaExceededError('the disk is full');
    throw new DOMException('the disk is full', 'QuotaExceededError');
  }
  return put.call(this, request, response);
};

importScripts('/dist/sw.js');
importScripts('/worker.js');
