// Hashes a stored download piece by piece: 1 GB is never in memory as a whole.

import { SHA256 } from './sha256.js';

onmessage = async ({ data: { cacheName, url } }) => {
  try {
    const cache = await caches.open(cacheName);
    const response = await cache.match(url);
    if (!response) throw new Error('it is no longer stored');
    const hash = new SHA256();
    let bytes = 0;
    let told = performance.now();
    if (response.body) {
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        hash.update(value);
        bytes += value.length;
        if (performance.now() - told > 200) {
          told = performance.now();
          postMessage({ bytes });
        }
      }
    }
    postMessage({ hex: hash.hex() });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
