import { backgroundFetch } from 'background-fetch-wasm/vite';

export default { plugins: [backgroundFetch()] };
