import { install } from 'background-fetch-wasm';

install();
navigator.serviceWorker.register('sw.js');
