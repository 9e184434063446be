/**
 * Holds the implementation to the types that sites see: this file compiles only while
 * each has the members of the other. Nothing is built from it.
 */

import type { ManagerAdditions, RegistrationAdditions } from '../shared/additions';
import type { BackgroundFetchGroup as Group } from '../shared/group';
import type { BackgroundFetchManager as Manager } from '../shared/manager';
import type { UIOptions } from '../shared/options';
import type { FailureReason, FetchInit, Result } from '../shared/protocol';
import type { BackgroundFetchRecord as FetchRecord } from '../shared/record';
import type { BackgroundFetchRegistration as Registration } from '../shared/registration';
import './globals';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const same = <T extends true>(): T | undefined => undefined;

same<Same<keyof BackgroundFetchRecord, keyof FetchRecord>>();
same<Same<keyof BackgroundFetchGroup, keyof Group>>();
same<Same<keyof BackgroundFetchManager, keyof Manager | keyof ManagerAdditions>>();
same<Same<keyof BackgroundFetchRegistration, keyof Registration | keyof RegistrationAdditions>>();
// The pieces are told with each request.
// The pieces are told with each request, and for how long what is kept stays is a member of `keep`.
same<Same<keyof BackgroundFetchOptions, 'pieces' | keyof Omit<FetchInit, 'uniqueId' | 'id' | 'requests' | 'retention'>>>();
same<Same<keyof BackgroundFetchUIOptions, keyof UIOptions>>();
same<Same<BackgroundFetchResult, Result>>();
same<Same<BackgroundFetchFailureReason, FailureReason>>();
