/**
 * Classic script: one tag installs the API, and so does importScripts in dedicated
 * and shared workers. Options, read when the script runs:
 *
 *   <script src="page.js" data-native="never"></script>
 *   globalThis.backgroundFetchOptions = { native: 'never' }   // before it
 */

import { install } from './install';

const attributes = (globalThis.document?.currentScript as HTMLScriptElement | null | undefined)?.dataset ?? {};

install({ ...globalThis.backgroundFetchOptions, ...(attributes.native === 'never' && { native: 'never' }) });
