// A worker with nothing of ours, which does what a scenario says: code comes in messages.
importScripts('/eval.js');
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
