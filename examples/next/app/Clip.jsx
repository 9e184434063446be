'use client';

import { useBackgroundFetch } from 'background-fetch-wasm/react';

async function download() {
  const { backgroundFetch } = await navigator.serviceWorker.ready;
  await backgroundFetch.fetch('clip', '/media/clip.bin', { title: 'Clip' });
}

export function Clip() {
  const { ready, registration, downloaded, total, state, result, error } = useBackgroundFetch('clip');
  return (
    <>
      <button onClick={download} disabled={!ready || (registration !== null && result === '')}>
        Download
      </button>
      <progress value={downloaded} max={total || undefined} />
      <output>{error?.message ?? (state ? `${result || 'loading'} ${downloaded}` : 'nothing')}</output>
    </>
  );
}
