// SvelteKit runs this in the page alone, and registers src/service-worker.js by itself.
import { install } from 'background-fetch-wasm';

install();
