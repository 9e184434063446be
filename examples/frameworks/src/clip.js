/** Begins the download. What shows it is told by the worker. */
export async function download() {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  await backgroundFetch.fetch('clip', '/media/clip.bin', { title: 'Clip' });
}
