// injectManifest: the worker is the site's, src/sw.js, and Workbox puts the list of files in.
import { backgroundFetch } from 'background-fetch-wasm/vite';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

export default defineConfig({
  build: { outDir: 'injected' },
  plugins: [
    backgroundFetch(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.js',
      injectManifest: { rollupFormat: 'iife', globIgnores: ['background-fetch/**'] },
      devOptions: { enabled: true, type: 'module' },
    }),
  ],
});
