importScripts('/dist/sw.js');
importScripts('/worker.js');
