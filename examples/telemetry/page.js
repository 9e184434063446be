const state = document.querySelector('#state');

document.querySelector('#download').onclick = async () => {
  await navigator.serviceWorker.register('sw.js');
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const download =
    (await backgroundFetch.get('clip')) ?? (await backgroundFetch.fetch('clip', 'media/clip.bin', { title: 'Clip' }));
  const show = () => (state.textContent = `${download.result || 'loading'} ${download.downloaded}`);
  download.addEventListener('progress', show);
  show();
};

// What the worker has told, until the page is hidden.
const batches = [];

navigator.serviceWorker.addEventListener('message', ({ data }) => {
  if (data?.type !== 'background-fetch-log') return;
  batches.push(data.batch);
  if (document.hidden) sendBatches();
});

/** A browser that has too much to send says false: the rest goes the next time. */
function sendBatches() {
  while (batches.length > 0 && navigator.sendBeacon('telemetry', JSON.stringify(batches[0]))) batches.shift();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) sendBatches();
});
addEventListener('pagehide', sendBatches);
