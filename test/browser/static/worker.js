// What a site's worker does with background fetches. In the URL of the script:
//
//   claim=0     no clients.claim(): the page stays uncontrolled
//   delay=MS    how long a closing event is kept active after its work
//   read=0      bodies are not read
//   store=1     bodies go into the site's cache 'test-results' (the page hashes them)
importScripts('/report.js', '/results.js');

const options = new URL(location.href).searchParams;
const boot = crypto.randomUUID();
report('boot', { boot });

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => {
  if (options.get('claim') !== '0') event.waitUntil(self.clients.claim());
});

// A site's listener may look at any message.
self.addEventListener('message', (event) => {
  if (event.data?.type === 'boot') event.ports[0].postMessage(boot);
  else if (event.data?.type === 'exit-program')
    self.exitProgram(); // sw-exit.js
  else report('message', { data: String(JSON.stringify(event.data)).slice(0, 200) });
});

async function readRecord(record) {
  const row = { url: record.request.url, method: record.request.method };
  try {
    const response = await record.responseReady;
    row.responseUrl = response.url;
    row.status = response.status;
    row.ok = response.ok;
    row.headers = [...response.headers];
    if (options.get('read') === '0') return row;
    if (options.get('store') === '1') {
      const cache = await caches.open('test-results');
      await cache.put(record.request.url, response);
      return row;
    }
    const body = await response.arrayBuffer();
    row.size = body.byteLength;
    row.sha256 = await sha256(body);
  } catch (error) {
    row.error = { name: error.name, message: error.message };
  }
  return row;
}

/** Where the disk is full, the report alone says what happened. */
const add = (row) => results.add(row).catch((error) => report('results', { error: String(error) }));

async function handle(event) {
  const { registration } = event;
  const row = {
    boot,
    type: event.type,
    id: registration.id,
    result: registration.result,
    failureReason: registration.failureReason,
    downloaded: registration.downloaded,
    downloadTotal: registration.downloadTotal,
    uploaded: registration.uploaded,
    uploadTotal: registration.uploadTotal,
  };
  await add({ phase: 'start', ...row });
  report('event-start', { boot, type: row.type, id: row.id });
  try {
    const records = await registration.matchAll();
    row.records = await Promise.all(records.map(readRecord));
  } catch (error) {
    row.error = { name: error.name, message: error.message };
  }
  if (options.has('delay')) await new Promise((resolve) => setTimeout(resolve, Number(options.get('delay'))));
  await add({ phase: 'end', ...row });
  report('event', row);
}

for (const type of ['backgroundfetchsuccess', 'backgroundfetchfail', 'backgroundfetchabort']) {
  self.addEventListener(type, (event) => event.waitUntil(handle(event)));
}
