// Both ways of Workbox to make a worker: dist/generated.js and dist/injected.js. The
// page takes the one that ?worker= names.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';
import { generateSW, injectManifest } from 'workbox-build';

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist');
for (const file of ['index.html', 'page.js', 'keep.js']) cpSync(`src/${file}`, `dist/${file}`);
// What the package brings keeps itself: Workbox need not precache it.
const files = { globDirectory: 'dist', globPatterns: ['*.{html,js}'], globIgnores: ['generated.js', 'injected.js'] };

// 1. Workbox writes the worker. Our script comes first, then the site's own listeners.
await generateSW({
  ...files,
  swDest: 'dist/generated.js',
  importScripts: ['background-fetch/sw.js', 'keep.js'],
  inlineWorkboxRuntime: true,
  sourcemap: false,
});

// 2. The worker is the site's, and Workbox puts the list of files in.
await build({
  entryPoints: ['src/injected.js'],
  outfile: 'dist/injected.js',
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
});
await injectManifest({ ...files, swSrc: 'dist/injected.js', swDest: 'dist/injected.js' });
