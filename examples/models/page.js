import { install } from './background-fetch/index.mjs';
import { modelStore } from './background-fetch/models.mjs';

install();
export const models = modelStore();

// With transformers.js:
//   env.fetch = models.fetch;
//   env.useCustomCache = true;
//   env.customCache = models.cache;
const state = document.querySelector('#state');

document.querySelector('#download').onclick = async () => {
  await navigator.serviceWorker.register('sw.js', { type: 'module' });
  const response = await models.fetch('media/clip.bin');
  const { byteLength } = await response.arrayBuffer();
  state.textContent = `success ${byteLength}`;
};
