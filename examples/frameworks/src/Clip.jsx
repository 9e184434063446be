import { useBackgroundFetch, useDownloads } from 'background-fetch-wasm/react';
import { download } from './clip.js';

export function Clip() {
  const { registration, downloaded, state, result, failureReason, error } = useBackgroundFetch('clip');
  const { ended } = useDownloads();
  return (
    <>
      <button onClick={download} disabled={registration !== null && result === ''}>
        Download
      </button>
      {state === 'running' && registration?.pause && <button onClick={() => registration.pause()}>Pause</button>}
      {state === 'paused' && registration?.resume && <button onClick={() => registration.resume()}>Resume</button>}
      <output>{error?.message ?? (state ? `${failureReason || result || 'loading'} ${downloaded}` : 'nothing')}</output>
      <ul>
        {ended.map((one) => (
          <li key={one.uniqueId}>
            {one.title}: {one.result}
          </li>
        ))}
      </ul>
    </>
  );
}
