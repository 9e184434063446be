// The test worker in a browser whose storage fails once in each of some ways, as browsers'
// do after a crash of their storage process or while a site's data are being cleared.
const puts = { 2: 'InvalidStateError', 4: 'UnknownError' };
let putCount = 0;
const { put } = Cache.prototype;
Cache.prototype.put = async function (request, response) {
  const isBody = new URL(request.url ?? request, location.href).pathname.startsWith('/__bgfetch__/');
  const fault = isBody && puts[++putCount];
  if (!fault) return put.call(this, request, response);
  report('storage-fault', { fault });
  await response.body?.cancel();
  throw new DOMException('The storage has failed.', fault);
};

const transactions = { 6: 'closed', 8: 'thrown' };
let transactionCount = 0;
const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (stores, mode, ...rest) {
  const isRecord = this.name.startsWith('bgfetch:') && mode === 'readwrite' && [stores].flat().includes('records');
  const fault = isRecord && transactions[++transactionCount];
  if (fault) report('storage-fault', { fault });
  if (fault === 'closed') this.close(); // and no event says so
  if (fault === 'thrown') throw new DOMException('The storage has failed.', 'UnknownError');
  return transaction.call(this, stores, mode, ...rest);
};

importScripts('/dist/sw.js');
importScripts('/worker.js');
