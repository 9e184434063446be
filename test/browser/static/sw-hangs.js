// The test worker in a browser whose storage never answers from the second segment on.
let puts = 0;
const { put } = Cache.prototype;
Cache.prototype.put = function (request, response) {
  const isSegment = /^\/__bgfetch__(\/\d+){4}$/.test(new URL(request.url ?? request, location.href).pathname);
  if (isSegment && ++puts > 1) return new Promise(() => {});
  return put.call(this, request, response);
};

importScripts('/dist/sw.js');
importScripts('/worker.js');
