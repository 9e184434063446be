/**
 * Classic script: one tag installs the API. Options, read when the script runs:
 *
 *   <script src="page.js" data-native="never"></script>
 *   globalThis.backgroundFetchOptions = { native: 'never' }   // before it
 */

import { install, type InstallOptions } from './install';

const global = globalThis as { backgroundFetchOptions?: InstallOptions };
const attributes = (document.currentScript as HTMLScriptElement | null)?.dataset ?? {};

install({ ...global.backgroundFetchOptions, ...(attributes.native === 'never' && { native: 'never' }) });
