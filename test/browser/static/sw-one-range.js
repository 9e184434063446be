// The test worker, with one request at a time for each body.
self.backgroundFetchOptions = { ranges: false };
importScripts('/dist/sw.js');
importScripts('/worker.js');
