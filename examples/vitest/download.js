import { install } from 'background-fetch-wasm';

install({ native: 'never' });

/** Downloads a URL to its end: the registration, with the result. */
export async function download(id, url) {
  await navigator.serviceWorker.register('/sw.js');
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  const registration = await backgroundFetch.fetch(id, url);
  while (!registration.result) await new Promise((resolve) => registration.addEventListener('progress', resolve, { once: true }));
  return registration;
}
