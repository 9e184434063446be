import { install } from 'background-fetch-wasm';

install();
const output = document.querySelector('output')!;

async function start(): Promise<BackgroundFetchRegistration> {
  const script = import.meta.env.DEV ? '/src/sw.ts' : '/sw.js';
  await navigator.serviceWorker.register(script, { type: 'module', scope: '/' });
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  return (await backgroundFetch.get('clip')) ?? (await backgroundFetch.fetch('clip', ['media/clip.bin'], { title: 'Clip' }));
}

document.querySelector('button')!.onclick = async () => {
  const download = await start();
  const show = (): void => void (output.textContent = `${download.result || 'loading'} ${download.downloaded}`);
  download.addEventListener('progress', show);
  show();
};
