// What arrived goes to a shelf, and who clicks is led to it.
addEventListener('backgroundfetchsuccess', (event) => {
  const book = event.registration;
  if (book.id === 'film') return;

  event.waitUntil(
    (async function () {
      const shelf = await caches.open('shelf');
      const files = await book.matchAll();
      const copies = files.map(async (file) => {
        const answer = await file.responseReady;
        await shelf.put(file.request, answer);
      });
      await Promise.all(copies);
      event.updateUI({ title: 'Book 7 can be heard' });
    })(),
  );
});

// This gives a function to waitUntil(), and nobody calls it.
addEventListener('backgroundfetchsuccess', (event) => {
  const film = event.registration;
  if (film.id !== 'film') return;

  event.waitUntil(async () => {
    const screen = await caches.open('screen');
    const files = await film.matchAll();
    const copies = files.map(async (file) => {
      const answer = await file.responseReady;
      await screen.put(file.request, answer);
    });
    await Promise.all(copies);
    event.updateUI({ title: 'The film can be seen' });
  });
});

// The title at once; a status of one file may still leave others that are worth keeping.
addEventListener('backgroundfetchfail', (event) => {
  event.updateUI({ title: 'The book did not arrive', icon: { src: 'broken.ico', sizes: '16x16 32x32 64x64' } });
  event.waitUntil(
    (async function () {
      const shelf = await caches.open('shelf');
      for (const file of await event.registration.matchAll()) {
        const answer = await file.responseReady;
        if (answer.ok) await shelf.put(file.request, answer);
      }
    })(),
  );
});

addEventListener('backgroundfetchabort', (event) => {
  console.log('nothing is left of', event.registration.id);
});

onbackgroundfetchclick = (event) => {
  const book = event.registration;

  if (book.result === 'success') {
    clients.openWindow('/shelf');
  } else {
    clients.openWindow('/arriving');
  }
};
