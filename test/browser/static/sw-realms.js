importScripts('/dist/sw.js');
importScripts('/eval.js', '/worker.js');
