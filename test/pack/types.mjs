// The types as a strict project sees them, with what must not compile beside it.
import fs from 'node:fs';
import path from 'node:path';
import { buildOf, installed, root, run, test } from './lib.mjs';

const page = `
import { install, type History, type InstallOptions, type KeptList, type Listings } from 'background-fetch-wasm';
import 'background-fetch-wasm/list.js';
import { modelStore } from 'background-fetch-wasm/models';

const options: InstallOptions = { native: 'never', retry: { maxFailures: 1 } };
const there: boolean = install(options);

export async function use(registration: ServiceWorkerRegistration): Promise<void> {
  const manager: BackgroundFetchManager = registration.backgroundFetch;
  const download = await manager.fetch('id', [new Request('a'), 'b', new URL('c:d')], { downloadTotal: 1, paused: there });
  download.addEventListener('statechange', () => {});
  download.onprogress = (event) => event.type;
  const known: string | undefined = (await manager.get('id'))?.id;
  const paused: boolean | undefined = await download.pause?.();
  const when: number | undefined = download.retryAt?.getTime();
  for (const record of await download.matchAll()) await (await record.responseReady).text();
  const grant = await manager.persist?.();
  await modelStore().cache.put('a', new Response(String([known, paused, when, grant?.quota])));
  await goOn(download);
  // @ts-expect-error
  await download.pause();
  // @ts-expect-error
  download.downloaded = 1;
  // @ts-expect-error
  download.result === 'done';
  // @ts-expect-error
  await manager.fetch('id');
  // @ts-expect-error
  new BackgroundFetchManager();
}

// One check is enough for all additions.
async function goOn(download: BackgroundFetchRegistration): Promise<string> {
  if (!download.pause) return download.result;
  await download.pause();
  await download.resume();
  await download.setOptions({ priority: 'low', maxBandwidth: 5 });
  const state: string = download.state;
  const when: Date | null = download.retryAt;
  await download.abort();
  return [state, when, download.paused, download.group].join();
}

globalThis.backgroundFetchOptions = { native: 'never', retry: { maxFailures: 1 } };
window.backgroundFetchOptions = options;
// @ts-expect-error
self.backgroundFetchOptions = { keepMax: 1 };

const list = document.querySelector('background-fetch-list')!;
list.texts = { active: 'Running', files: { one: 'a file', other: '{count} files' } };
list.lang = 'de';
const running: string = list.texts.active;
list.addEventListener('languagechange', () => running);
// @ts-expect-error
list.texts = { activ: 'Running' };

export async function read(): Promise<unknown[]> {
  const { fetches, exported } = await document.createElement('background-fetch-log').read();
  const json = async (path: string) => (await fetch('/__bgfetch__/' + path)).json();
  const listed: Listings = await json('list');
  const history: History = await json('history');
  const kept: KeptList = await json('kept');
  const ended = history.fetches.map(({ id, failureReason, detail, retryable }) => [id, failureReason, detail, retryable]);
  return [fetches[0]?.title, exported + 1, listed.fetches[0]?.total, ended, kept.records[0]?.kept];
}
`;

const worker = `
import { install, type WorkerOptions } from 'background-fetch-wasm/worker';

const scope = self as unknown as ServiceWorkerGlobalScope;
install({ permission: 'prompt', wasmURL: '/a.wasm' } satisfies WorkerOptions);
scope.addEventListener('backgroundfetchsuccess', (event) => event.waitUntil(event.updateUI({ title: event.registration.id })));
self.backgroundFetchOptions = { native: 'never', keepMax: 0.5, onlog: ({ entries }) => entries.length };
scope.backgroundFetchOptions = globalThis.backgroundFetchOptions;
scope.onbackgroundfetchclick = (event) => void event.registration.abort();
export const made = (registration: BackgroundFetchRegistration) => new BackgroundFetchEvent('x', { registration });
// @ts-expect-error
scope.addEventListener('backgroundfetchabort', (event) => event.updateUI());
// @ts-expect-error
self.backgroundFetchOptions = { keepMx: 1 };
// @ts-expect-error
install({ permission: 'maybe' });
`;

/** In one project, where the scripts may be told what either takes. */
const both = `
import 'background-fetch-wasm';
import 'background-fetch-wasm/worker';

globalThis.backgroundFetchOptions = { native: 'never', keepMax: 1 };
// @ts-expect-error
globalThis.backgroundFetchOptions = { keepMx: 1 };
`;

const faults = `
import { FaultsError, startFaults, type FaultLogEntry, type FaultParameters, type FaultServer } from 'background-fetch-wasm/faults';

const parameters: FaultParameters = { size: 5, cut: [1, 2], stall: 3, cors: true, rangefault: 'short' };
export async function use(): Promise<number> {
  const server: FaultServer = await startFaults({ folder: '.', port: 0, mounts: { '/a': parameters } });
  server.mount('/b', { file: '/a', retryafter: 5 });
  server.stop({ ms: 5 });
  const log: FaultLogEntry[] = server.log('/a');
  const hash: string = await server.sha256({ size: 5 });
  await server.close();
  return log.length + hash.length + (new FaultsError('a') instanceof Error ? 1 : 0);
}
// @ts-expect-error
startFaults({ mounts: { '/a': { cutt: 1 } } });
// @ts-expect-error
startFaults({ mounts: { '/a': { rangefault: 'odd' } } });
`;

const frameworks = `
import * as react from 'background-fetch-wasm/react';
import * as svelte from 'background-fetch-wasm/svelte';
import { backgroundFetch } from 'background-fetch-wasm/vite';
import * as vue from 'background-fetch-wasm/vue';
import { derived, type Readable } from 'svelte/store';
import type { UserConfig } from 'vite';
import { computed, ref, type Ref } from 'vue';

export const config: UserConfig = { plugins: [backgroundFetch()] };

export function hooks(): unknown[] {
  const { registration, downloaded, downloadTotal, state, result, error } = react.useBackgroundFetch('film', { scope: '/a/' });
  const known: [BackgroundFetchRegistration | null, number, BackgroundFetchResult] = [registration, downloaded / downloadTotal, result];
  const { active, ended }: react.Downloads = react.useDownloads();
  const when: Date | undefined = ended[0]?.ended;
  return [...known, state === 'paused', error?.message, active.map(({ uniqueId, title }) => uniqueId + title), when];
}
const id: Ref<string> = ref('film');
const film = vue.useBackgroundFetch(id);
export const left = computed(() => film.value.total - film.value.downloaded + vue.useDownloads().value.active.length);
vue.useBackgroundFetch(() => id.value);
const store: Readable<svelte.BackgroundFetchState> = svelte.useBackgroundFetch('film');
export const names: Readable<string[]> = derived([store, svelte.useDownloads()], ([one, { ended }]) => [one.result, ...ended.map(({ id }) => id)]);
// @ts-expect-error
film.value = film.value;
// @ts-expect-error
react.useBackgroundFetch();
// @ts-expect-error
react.useDownloads().active.push(react.useDownloads().active[0]!);
`;

test('the types hold beside those of Vue, Svelte and Vite', async () => {
  const site = await buildOf('frameworks');
  fs.writeFileSync(path.join(site, 'types.ts'), frameworks);
  const compilerOptions = {
    ...{ strict: true, target: 'ES2022', noEmit: true, skipLibCheck: true, lib: ['ES2022', 'DOM', 'DOM.Iterable'] },
    ...{ module: 'ESNext', moduleResolution: 'bundler', types: ['node'], typeRoots: [path.join(root, 'node_modules/@types')] },
  };
  fs.writeFileSync(path.join(site, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
  await run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', site]);
});

test('the types hold in strict projects, in page, worker and Node, without skipLibCheck', async () => {
  const site = await installed();
  for (const [name, text, lib, skipLibCheck = false] of [
    ['page', page, ['ES2022', 'DOM', 'DOM.Iterable']],
    ['worker', worker, ['ES2022', 'WebWorker']],
    ['faults', faults, ['ES2022']],
    ['both', both, ['ES2022', 'DOM'], true], // which lacks the types of workers
  ]) {
    fs.writeFileSync(path.join(site, `${name}.ts`), text);
    for (const [module, moduleResolution] of [
      ['ESNext', 'bundler'],
      ['Node16', 'node16'],
    ]) {
      const compilerOptions = {
        strict: true,
        target: 'ES2022',
        noEmit: true,
        types: [],
        skipLibCheck,
        lib,
        module,
        moduleResolution,
      };
      fs.writeFileSync(path.join(site, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`${name}.ts`] }));
      await run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', site]);
    }
  }
});
