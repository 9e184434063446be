// A dedicated or shared worker that uses Background Fetch.
importScripts('/dist/page.js', '/eval.js');
