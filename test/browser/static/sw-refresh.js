// A site whose links and tokens expire. What its listener does stands in the id of a background
// fetch, before the colon, and behind one for how many ms a link is good, or where the file is now.
// Whoever is signed in has a token in the cache of the site.
importScripts('/dist/sw.js', '/worker.js');

const token = async () => (await caches.match('/token'))?.text();

/** The same URL without what has expired of it. */
function signed(url) {
  const anew = new URL(url);
  for (const name of ['status', 'statusafter']) anew.searchParams.delete(name);
  return anew.href;
}

const answers = {
  signs: ({ request }) => signed(request.url),
  renews({ registration, request }) {
    const url = new URL(request.url);
    url.searchParams.set('expires', Date.now() + Number(registration.id.split(':').at(-1)));
    return url;
  },
  async authorizes({ request }) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const authorization = await token();
    if (!authorization) throw new Error('nobody is signed in');
    return new Request(request.url, { headers: { Authorization: authorization } });
  },
  includes: ({ request }) => new Request(request.url, { credentials: 'include' }),
  moves: ({ registration }) => registration.id.slice('moves:'.length),
  declines: () => undefined,
  'no-cors': () => new Request('https://elsewhere.example/file', { mode: 'no-cors' }),
  async 'used-body'({ request }) {
    const used = new Request(request.url, { method: 'POST', body: 'once' });
    await used.text();
    return used;
  },
  credentials: ({ request }) => request.url.replace('//', '//user:secret@'),
  post: ({ request }) => new Request(request.url, { method: 'POST', body: 'again' }),
  'never-settles': () => new Promise(() => {}),
};

let under = 0;

self.addEventListener('backgroundfetchrefresh', (event) => {
  const { registration, request, response } = event;
  const [what] = registration.id.split(':');
  under++;
  report('refresh', {
    id: registration.id,
    url: request.url,
    authorization: request.headers.get('Authorization'),
    status: response.status,
    type: response.headers.get('Content-Type'),
    under,
    extends: event instanceof ExtendableEvent && event instanceof BackgroundFetchRefreshEvent,
  });
  const done = async (answer) => {
    try {
      return await answer;
    } finally {
      under--;
    }
  };
  const isMended = async () => (await token()) && signed(request.url);
  if (what === 'throws') {
    under--;
    throw new Error('the listener is broken');
  }
  if (what === 'sets') {
    event.waitUntil(
      done(
        (async () => {
          const record = await registration.match(request.url);
          const changed = await registration.setRequest(record, signed(request.url));
          report('set', { changed });
        })(),
      ),
    );
  } else if (what in answers) {
    const bad = !['signs', 'renews', 'authorizes', 'includes', 'moves', 'declines'].includes(what);
    event.respondWith(done(bad ? isMended().then((url) => url || answers[what](event)) : answers[what](event)));
    let late;
    try {
      event.respondWith(request.url);
    } catch (error) {
      late = error.name;
    }
    if (late !== 'InvalidStateError') report('twice', { late });
  }
});

self.addEventListener('message', async ({ data, ports }) => {
  if (data?.type !== 'set-request') return;
  const download = await self.registration.backgroundFetch.get(data.id);
  const [record] = await download.matchAll();
  ports[0].postMessage(await download.setRequest(record, data.url));
});
