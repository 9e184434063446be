// Ours first: ngsw answers every request that is left to it.
importScripts('downloads.js', 'ngsw-worker.js');
