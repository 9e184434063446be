// The same worker with nothing of ours, for the browser's own Background Fetch.
importScripts('/worker.js');
