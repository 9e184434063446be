import { install, type State } from 'background-fetch-wasm';

install();
const output = document.querySelector('output')!;

async function start(): Promise<BackgroundFetchRegistration> {
  await navigator.serviceWorker.register('sw.js');
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const options: BackgroundFetchOptions = { title: 'Clip', retry: { maxFailures: 3 } };
  return (await backgroundFetch.get('clip')) ?? (await backgroundFetch.fetch('clip', ['media/clip.bin'], options));
}

document.querySelector('button')!.onclick = async () => {
  const download = await start();
  const show = (): void => {
    // The browser's own implementation has no state.
    const state: State | undefined = download.state;
    output.textContent = `${download.result || state || 'loading'} ${download.downloaded}`;
  };
  download.addEventListener('progress', show);
  download.addEventListener('statechange', show);
  show();
};
