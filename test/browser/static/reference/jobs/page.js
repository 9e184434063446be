// A level of a game is fetched, and a clip is sent, by background fetch, or in the page where that fails.
const form = document.querySelector('form');
const say = (text) => (document.querySelector('#says').textContent = text);

navigator.serviceWorker.register('sw.js');

async function fetchLevel(id) {
  const list = await fetch(`/${id}.json`);
  const level = await list.json();
  const site = await navigator.serviceWorker.ready;

  try {
    await site.backgroundFetch.fetch(id, level.urls, {
      icons: level.icons,
      title: `The level ${id} is fetched`,
      downloadTotal: level.size,
    });
    say(`${id} in the background`);
  } catch {
    const files = await caches.open(id);
    await files.addAll(level.urls);
    say(`${id} in the page`);
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = new FormData(form);
  const { name } = body.get('clip');
  const request = new Request(`/upload/${name}${form.dataset.query ?? ''}`, { body, method: 'POST' });
  const site = await navigator.serviceWorker.ready;

  try {
    await site.backgroundFetch.fetch(`clip-${name}`, request, { title: 'The clip is sent' });
    say(`${name} in the background`);
  } catch {
    const answer = await fetch(`/upload/${name}`, { method: 'POST', body });
    if (answer.ok) say(`${name} in the page`);
  }
});
