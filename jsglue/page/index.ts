/** ESM entry of the page: `install(options)` and the types. */

export { install, type InstallOptions } from './install';
export type { RetryOptions } from '../shared/retry';
export type { State, StorageGrant } from '../shared/states';
