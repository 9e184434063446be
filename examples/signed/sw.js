importScripts('background-fetch/sw.js');

// The link has expired: the server signs another one, and the download goes on where it was.
addEventListener('backgroundfetchrefresh', (event) => event.respondWith(signedAnew(event)));

async function signedAnew({ request }) {
  const { pathname } = new URL(request.url);
  const answer = await fetch(`sign?path=${encodeURIComponent(pathname)}`);
  if (!answer.ok) throw new Error(`no link: ${answer.status}`); // it waits, and asks again
  return answer.text();
}

// What arrived is found by its path, whatever it was signed with.
addEventListener('backgroundfetchsuccess', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open('downloads');
      for (const record of await event.registration.matchAll()) {
        await cache.put(new URL(record.request.url).pathname, await record.responseReady);
      }
    })(),
  );
});
