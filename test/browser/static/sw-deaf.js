// The test worker in a browser whose storage never answers the puts of segments, until
// the message {type: 'hear'} comes: from then on it answers the new ones.
let deaf = true;
let ignored = 0;
const { put } = Cache.prototype;
Cache.prototype.put = function (request, response) {
  const isSegment = /^\/__bgfetch__(\/\d+){4}$/.test(new URL(request.url ?? request, location.href).pathname);
  if (!deaf || !isSegment) return put.call(this, request, response);
  ignored++;
  return new Promise(() => {});
};
self.addEventListener('message', ({ data, ports }) => {
  if (data?.type !== 'hear') return;
  deaf = false;
  ports[0].postMessage(ignored);
});

importScripts('/dist/sw.js');
importScripts('/worker.js');
