// generateSW, the default: Workbox writes the worker. Our script comes first, then the site's own listeners.
import { backgroundFetch } from 'background-fetch-wasm/vite';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

export default defineConfig({
  build: { outDir: 'generated' },
  plugins: [
    backgroundFetch(),
    VitePWA({
      workbox: {
        importScripts: ['background-fetch/sw.js', 'keep.js'],
        globIgnores: ['background-fetch/**'], // the package keeps what it needs itself
      },
      devOptions: { enabled: true },
    }),
  ],
});
