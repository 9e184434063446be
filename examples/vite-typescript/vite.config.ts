import { backgroundFetch } from 'background-fetch-wasm/vite';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [backgroundFetch()],
  build: {
    rolldownOptions: {
      input: ['index.html', 'src/sw.ts'],
      // The worker keeps its name, and stands where its scope begins.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
  },
  // In development it stands in src/.
  server: { headers: { 'Service-Worker-Allowed': '/' } },
});
