import { svelte } from '@sveltejs/vite-plugin-svelte';
import vue from '@vitejs/plugin-vue';
import { backgroundFetch } from 'background-fetch-wasm/vite';
import { defineConfig } from 'vite';

// One page for each framework; what `vite build --ssr` makes goes beside it.
export default defineConfig(({ isSsrBuild }) => ({
  plugins: [backgroundFetch(), vue(), svelte()],
  build: isSsrBuild
    ? { outDir: 'server' }
    : { rolldownOptions: { input: ['index.html', 'react.html', 'vue.html', 'svelte.html'] } },
}));
