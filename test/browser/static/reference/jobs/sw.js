// Tapes are fetched when a message is pushed, and played while they arrive.
addEventListener('push', (event) => {
  if (event.data.text() === 'new-tapes') {
    event.waitUntil(
      (async function () {
        const list = await fetch('/tapes.json');
        const tapes = await list.json();
        try {
          const jobs = tapes.map((tape) => {
            return self.registration.backgroundFetch.fetch(`tape-${tape.number}`, tape.urls, {
              icons: tape.icons,
              title: `${tape.name} is fetched`,
              downloadTotal: tape.size,
            });
          });
          await Promise.all(jobs);
        } catch {
          self.registration.showNotification('There are new tapes');
        }
      })(),
    );
  }
});

addEventListener('fetch', (event) => {
  const number = /\/tape-(\d+)\.ogg$/.exec(new URL(event.request.url).pathname)?.[1];
  if (!number) return;
  event.respondWith(
    (async function () {
      const job = await self.registration.backgroundFetch.get(`tape-${number}`);
      if (job) {
        const sound = await soundOf(await job.matchAll());
        if (sound) return sound;
      }
      return (await caches.match(event.request)) || fetch(event.request);
    })(),
  );
});

async function soundOf(records) {
  for (const { request, responseReady } of records) {
    if (/\.(ogg|opus)$/.test(new URL(request.url).pathname)) return responseReady.catch(() => undefined);
  }
}

async function store(job) {
  const cache = await caches.open(job.id);
  const records = await job.matchAll();
  await Promise.all(records.map(async ({ request, responseReady }) => cache.put(request, await responseReady)));
}

addEventListener('backgroundfetchsuccess', (event) => {
  const job = event.registration;
  if (job.id.startsWith('clip-')) event.updateUI({ title: 'The clip is sent' });
  else {
    event.waitUntil(
      (async function () {
        await store(job);
        console.log('stored by the worker:', job.id);
        event.updateUI({ title: `${/-(.*)$/.exec(job.id)[1]} is here` });
      })(),
    );
  }
});

addEventListener('backgroundfetchfail', (event) => {
  const job = event.registration;
  event.updateUI({ title: 'It failed' });
  if (job.id.startsWith('clip-')) {
    // What the user chose is not lost.
    event.waitUntil(
      (async function () {
        const [{ request }] = await job.matchAll();
        const body = await request.formData();
        const drafts = await caches.open('drafts');
        await drafts.put('/drafts/clip', new Response(body.get('clip')));
        await drafts.put('/drafts/note', new Response(body.get('note')));
      })(),
    );
  }
});

addEventListener('backgroundfetchclick', (event) => {
  if (event.registration.id.startsWith('level-')) clients.openWindow('/');
});
