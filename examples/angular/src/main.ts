import { isDevMode } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { provideServiceWorker } from '@angular/service-worker';
import { install } from 'background-fetch-wasm';
import { Clip } from './clip';

install();
// In development without Angular's worker, which would answer with what was built before.
bootstrapApplication(Clip, { providers: [provideServiceWorker(isDevMode() ? 'downloads.js' : 'sw.js')] });
