// The test worker, with several requests for a large body allowed.
self.backgroundFetchOptions = { ranges: true };
importScripts('/dist/sw.js');
importScripts('/worker.js');
