// The test worker, with one request at a time for a large body.
self.backgroundFetchOptions = { ranges: false };
importScripts('/dist/sw.js');
importScripts('/worker.js');
