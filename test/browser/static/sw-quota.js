// The test worker in a browser whose disk is full after so many puts of bodies: the
// parameter `puts` of the script's URL. `error` is how it says so, by default the
// standard's. After the message {type: 'room-again'} it never is. There is one request at a time for each
// body, since what a full disk costs is counted.
self.backgroundFetchOptions = { ranges: false };
const parameters = new URL(location.href).searchParams;
let left = Number(parameters.get('puts'));
const errors = {
  // As Firefox does it: no DOMException.
  firefox: () => ({ name: 'NS_ERROR_FILE_NO_DEVICE_SPACE', message: '', result: 0x80520010 }),
  webkit: () => new TypeError('Failed writing data to the file system'),
};
const { put } = Cache.prototype;
Cache.prototype.put = async function (request, response) {
  if (new URL(request.url ?? request, location.href).pathname.startsWith('/__bgfetch__/') && left-- <= 0) {
    await response.body?.cancel();
    if (parameters.has('error')) throw errors[parameters.get('error')]();
    if (typeof QuotaExceededError === 'function') throw new QuotaExceededError('the disk is full');
    throw new DOMException('the disk is full', 'QuotaExceededError');
  }
  return put.call(this, request, response);
};

self.addEventListener('message', (event) => {
  if (event.data?.type !== 'room-again') return;
  event.stopImmediatePropagation();
  left = Infinity;
});

importScripts('/dist/sw.js');
importScripts('/worker.js');
