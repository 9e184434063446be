const state = document.querySelector('#state');

document.querySelector('#download').onclick = async () => {
  await navigator.serviceWorker.register('sw.js');
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const signed = async () => (await fetch('sign?path=/media/clip.bin')).text();
  const download =
    (await backgroundFetch.get('clip')) ?? (await backgroundFetch.fetch('clip', await signed(), { title: 'Clip' }));
  const show = () => (state.textContent = `${download.result || download.state} ${download.downloaded}`);
  download.addEventListener('progress', show);
  download.addEventListener('statechange', show);
  show();
};
