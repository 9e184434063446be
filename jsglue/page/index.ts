/** ESM entry of the page: `install(options)` and the types. */

export { install, type InstallOptions } from './install';
export type { BackgroundFetchManager } from '../shared/manager';
export type { BackgroundFetchRecord } from '../shared/record';
export type { BackgroundFetchRegistration } from '../shared/registration';
export type { RetryOptions } from '../shared/retry';
