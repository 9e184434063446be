/** Of the package, put in by the build. Page, worker and program are of one version, or say so. */
declare const BGFETCH_VERSION: string;

export const VERSION = BGFETCH_VERSION;

/** What people are told when a page and a worker of different versions meet. */
export function differenceOf(page: string, worker: string, scriptURL: string): string {
  return (
    `Background Fetch: the page has version ${page} of background-fetch-wasm, its service worker ${scriptURL} version ${worker}. ` +
    'Deploy all files of one version together, then reload the page. ' +
    'If the old worker stays active, call registration.update() or close all pages of the site.'
  );
}
