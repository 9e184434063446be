importScripts('./demo/shared.js', './demo/stoppable.js', './dist/sw.js');

// Of those three a site needs only the last. From here on it is a worker as any
// site would write it: the standard API.

addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));

addEventListener('backgroundfetchsuccess', (event) => event.waitUntil(keep(event)));
addEventListener('backgroundfetchfail', (event) => event.waitUntil(fail(event)));
addEventListener('backgroundfetchabort', (event) => event.waitUntil(note(event.registration.id, { state: 'aborted' })));
addEventListener('backgroundfetchrefresh', (event) => event.respondWith(renew(event.registration.id)));
addEventListener('backgroundfetchclick', (event) => event.waitUntil(clients.openWindow('./')));

/** Copies what arrived into a cache of the site, and then says so. */
async function keep(event) {
  const { registration } = event;
  await note(registration.id, { state: 'storing' });
  try {
    const cache = await caches.open(demo.downloads);
    for (const record of await registration.matchAll()) {
      const response = await record.responseReady;
      await cache.put(registration.id, withLength(response, registration.downloaded)); // its link was good for a minute
    }
    await note(registration.id, { state: 'stored' });
    await event.updateUI({ title: `${fileName(registration.id)} is here` });
  } catch (error) {
    await note(registration.id, { state: 'failed', reason: `could not be stored: ${error.message}` });
  }
}

async function fail(event) {
  const { id, failureReason } = event.registration;
  await note(id, { state: 'failed', reason: failureReason });
  await event.updateUI({ title: `${fileName(id)} could not be downloaded` });
}

/** The link has expired: another one for the same file, where the host of the demo gives some. */
async function renew(id) {
  if (new URL(id).origin !== location.origin) return undefined;
  const link = await fetch(`./__link__?path=${encodeURIComponent(new URL(id).pathname)}`);
  return link.ok ? new URL(await link.text(), id).href : undefined;
}

/** Ids are URLs here. "https://there.example/a/clip.wav" -> "clip.wav" */
const fileName = (id) => decodeURIComponent(new URL(id).pathname.split('/').pop());

/** The API leaves Content-Length out; the page wants to know the size. */
function withLength(response, length) {
  const headers = new Headers(response.headers);
  headers.set('Content-Length', length);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/** Leaves word for the page, which may be open now, later or never. */
async function note(id, content) {
  const cache = await caches.open(demo.notes);
  await cache.put(demo.noteKey(id), Response.json({ ...content, at: Date.now() }));
  new BroadcastChannel(demo.channel).postMessage({ id, ...content });
}

// stored/<name>?url=<url> is what arrived from that URL, from the cache alone.
addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.href.startsWith(new URL('./stored/', location).href)) {
    event.respondWith(serveStored(url.searchParams.get('url'), event.request.headers.get('Range')));
  }
});

async function serveStored(url, range) {
  const cache = await caches.open(demo.downloads);
  const stored = await cache.match(url);
  if (!stored) return new Response('This is not stored.', { status: 404 });
  // Somebody else wrote these bytes: they are to be heard and seen, not to run.
  const headers = {
    'Content-Type': stored.headers.get('Content-Type') ?? 'application/octet-stream',
    'Content-Security-Policy': 'sandbox',
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
  };
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (!asked) return new Response(stored.body, { headers });
  const blob = await stored.blob();
  const start = Number(asked[1]);
  const end = Math.min(blob.size, asked[2] === '' ? blob.size : Number(asked[2]) + 1);
  if (start >= end) return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${blob.size}` } });
  headers['Content-Range'] = `bytes ${start}-${end - 1}/${blob.size}`;
  headers['Content-Length'] = end - start;
  return new Response(blob.slice(start, end), { status: 206, headers });
}

// The button "Stop the worker". A worker cannot end itself, but what does the
// work in it, the Go program, can be ended at any line.
addEventListener('message', (event) => {
  if (event.data?.type === 'demo-stop-worker') event.ports[0].postMessage({ stopped: demo.stopProgram() });
});
