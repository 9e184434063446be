// What arrived, in the cache of the site, and the proof that it is right.

import * as calls from './calls.js';

const { downloads, notes, noteKey } = self.demo;

/** The URLs of all that is stored. */
export async function storedURLs() {
  const cache = await caches.open(downloads);
  return (await cache.keys()).map((request) => request.url);
}

/** The size of a stored download in bytes, null if it is not stored. */
export async function storedSize(url) {
  const cache = await caches.open(downloads);
  const response = await cache.match(url);
  return response ? Number(response.headers.get('Content-Length')) : null;
}

/** What the worker noted about a download, null if nothing. */
export async function readNote(id) {
  const cache = await caches.open(notes);
  const response = await cache.match(noteKey(id));
  return response ? response.json() : null;
}

/** Forgets a download, its note and its proof. */
export async function forget(url) {
  await calls.remove(await caches.open(downloads), url);
  await (await caches.open(notes)).delete(noteKey(url));
  localStorage.removeItem(`demo-proof:${url}`);
}

/**
 * A URL at which the page can play or show it, from the cache alone: by the
 * worker, or from memory in a page that the worker does not control.
 */
export async function playableURL(url) {
  if (navigator.serviceWorker.controller) {
    return `./stored/${encodeURIComponent(fileName(url))}?url=${encodeURIComponent(url)}`;
  }
  const cache = await caches.open(downloads);
  return URL.createObjectURL(await (await cache.match(url)).blob());
}

/** Hands a stored download to the visitor as a file. */
export async function save(url) {
  await calls.save(await caches.open(downloads), url, fileName(url));
}

/** "https://there.example/a/clip.wav?x" -> "clip.wav" */
export function fileName(url) {
  const { hostname, pathname } = new URL(url);
  return decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)) || hostname;
}

/** What prove() found out about a download earlier, or null. */
export function knownProof(url) {
  return JSON.parse(localStorage.getItem(`demo-proof:${url}`));
}

/**
 * Hashes what is stored and compares it with the hash that it should have;
 * `askExpected` resolves to that, or to null where nobody knows it. Resolves to
 * {hex, expected}. It is remembered until the download is forgotten.
 */
export async function prove(url, askExpected, onProgress) {
  const worker = new Worker(new URL('./hash-worker.js', import.meta.url), { type: 'module' });
  try {
    const hex = await new Promise((resolve, reject) => {
      worker.onerror = () => reject(new Error('the hash worker could not run'));
      worker.onmessage = ({ data }) => {
        if (data.error) reject(new Error(data.error));
        else if (data.hex) resolve(data.hex);
        else onProgress(data.bytes);
      };
      worker.postMessage({ cacheName: downloads, url });
    });
    const proof = { hex, expected: await askExpected() };
    localStorage.setItem(`demo-proof:${url}`, JSON.stringify(proof));
    return proof;
  } finally {
    worker.terminate();
  }
}
