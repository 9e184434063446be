importScripts('/dist/sw.js');
importScripts('/6-eval.js', '/worker.js');
