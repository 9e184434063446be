// What the buttons run. The page shows the text of these functions, so they say
// it as briefly as a site would.

export function download(backgroundFetch, file) {
  const { url, link, title, icons, size } = file;
  return backgroundFetch.fetch(url, [link], {
    title,
    icons,
    downloadTotal: size,
  });
}

export function pause(registration) {
  return registration.pause();
}

export function resume(registration) {
  return registration.resume();
}

export function abort(registration) {
  return registration.abort();
}

export function playWhileItComes(media, id) {
  const name = encodeURIComponent(id);
  media.src = `./__bgfetch__/ids/${name}/records/0/body`;
}

export async function save(cache, url, fileName) {
  const response = await cache.match(url);
  const link = document.createElement('a');
  const blob = await response.blob();
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  const done = () => URL.revokeObjectURL(link.href);
  setTimeout(done, 60_000);
}

export function remove(cache, url) {
  return cache.delete(url);
}

export function cutTheConnection() {
  const method = 'POST';
  return fetch('./__control__/cut', { method });
}

export function stopTheServer(ms) {
  const method = 'POST';
  return fetch(`./__control__/stop?ms=${ms}`, { method });
}

export function revokeTheLinks() {
  const method = 'POST';
  return fetch('./__control__/revoke', { method });
}

export function stopTheWorker(worker, port) {
  const type = 'demo-stop-worker';
  worker.postMessage({ type }, [port]);
}
