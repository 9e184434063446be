/** Of the package, put in by the build. Page, worker and program are of one version, or say so. */
declare const BGFETCH_VERSION: string;

export const VERSION = BGFETCH_VERSION;
