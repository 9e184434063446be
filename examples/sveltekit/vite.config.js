import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { backgroundFetch } from 'background-fetch-wasm/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [backgroundFetch(), sveltekit({ adapter: adapter() })],
});
