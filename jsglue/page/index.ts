/** ESM entry of the page: `install(options)` and the types, also those of the JSON that the worker serves. */

export { install } from './install';
export type { InstallOptions } from './options';
export type { RetryOptions } from '../shared/retry';
export type { Ended, ExportedLog, History, Listing, Listings, Log } from '../shared/listings';
export type { GroupSnapshot, KeptList, KeptRecord, KeptUsage, RecordSnapshot, RemainsList, Snapshot } from '../shared/protocol';
export type { State, StorageGrant } from '../shared/states';
