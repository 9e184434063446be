importScripts('/room.js', '/dist/sw.js', '/worker.js');
