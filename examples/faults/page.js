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
