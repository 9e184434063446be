// In the page alone, as the name of the file says.
import { install } from 'background-fetch-wasm';

export default defineNuxtPlugin(() => {
  install();
  navigator.serviceWorker?.register(`${useRuntimeConfig().app.baseURL}sw.js`);
});
