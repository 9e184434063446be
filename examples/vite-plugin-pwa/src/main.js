import { install } from 'background-fetch-wasm';

install();
const state = document.querySelector('#state');

// The plugin puts a script in the page that registers the worker.
document.querySelector('#download').onclick = async () => {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const download =
    (await backgroundFetch.get('clip')) ?? (await backgroundFetch.fetch('clip', 'media/clip.bin', { title: 'Clip' }));
  const show = () => (state.textContent = `${download.result || 'loading'} ${download.downloaded}`);
  download.addEventListener('progress', show);
  show();
};
