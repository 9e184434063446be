// A browser without Background Sync.
delete ServiceWorkerRegistration.prototype.sync;
importScripts('/dist/sw.js', '/worker.js');
