/**
 * Holds the types of jsglue to the Go code, as wire.ts tells of it: this file compiles only while
 * both have the same members, of the same types. Nothing is built from it.
 */

import type { DATABASE_VERSION } from '../shared/names';
import type * as options from '../shared/network-options';
import type * as listings from '../shared/listings';
import type * as log from '../shared/log';
import type * as plan from '../shared/plan';
import type * as protocol from '../shared/protocol';
import type { RETRY_BOUNDS, RetryOptions } from '../shared/retry';
import type { Routes } from '../shared/routes';
import type { State } from '../shared/states';
import type { EVENTS } from '../sw/events';
import type * as host from '../sw/host';
import type * as go from './wire';

/** Interfaces written out as one object each, so that how they are put together does not count. */
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;

/** What is read by Go, which takes what is absent, or null, for its zero value. */
type Read<T> = T extends object ? { [K in keyof T]-?: Read<NonNullable<T[K]>> } : T;

type Same<A, B> = (<X>() => X extends Flat<A> ? 1 : 2) extends <X>() => X extends Flat<B> ? 1 : 2 ? true : false;

/** The members that differ, with both types. */
type Differences<A, B> = {
  [K in keyof A | keyof B as Same<Pick<A, K & keyof A>, Pick<B, K & keyof B>> extends true ? never : K]: [
    K extends keyof A ? A[K] : 'missing in Go',
    K extends keyof B ? B[K] : 'missing in TypeScript',
  ];
};

/** Does not compile while there are differences, and names them. */
const none = <_T extends Record<string, never>>(): void => {};
const same = <_T extends true>(): void => {};

// ---- HTTP ----

type Requests<R> = { [K in keyof R]: R[K] extends { request: infer T } ? Read<T> : null };
type Replies<R> = { [K in keyof R]: R[K] extends { reply: infer T } ? T : null };

/** Go has one type for both kinds of parts. The history tells nobody what only the store is to see. */
type GoReply<T> = T extends { parts: unknown } ? Parts<T> : T extends { fetches: go.Ended[] } ? GoHistory : T;
type GoHistory = Omit<listings.History, 'fetches'> & { fetches: Omit<go.Ended, 'again' | 'abortedBy'>[] };
type Parts<T> = T extends { parts: (infer P)[] } ? Read<P> : never;
type Reply<T> = T extends plan.ServedBody ? Read<Omit<plan.GivenPart, 'plan'> & plan.StoredPart> : T;

none<Differences<Requests<go.Routes>, Requests<Routes>>>();
none<
  Differences<{ [K in keyof go.Routes]: GoReply<Replies<go.Routes>[K]> }, { [K in keyof Routes]: Reply<Replies<Routes>[K]> }>
>();
none<Differences<go.Problem, protocol.Problem>>();

// Where the above says that these differ, this says in what.
none<Differences<go.Snapshot, protocol.Snapshot>>();
none<Differences<go.Listing, listings.Listing>>();
none<Differences<Omit<go.Ended, 'again' | 'abortedBy'>, listings.Ended>>();
none<Differences<go.GroupSnapshot, protocol.GroupSnapshot>>();
none<Differences<go.RecordSnapshot, protocol.RecordSnapshot>>();
none<Differences<go.KeptRecord, protocol.KeptRecord>>();
none<Differences<go.Request, protocol.StoredRequest>>();
none<Differences<go.Plan, plan.Plan>>();
none<Differences<go.LogEntry, log.LogEntry>>();
none<Differences<go.LogBatch, log.LogBatch>>();
none<Differences<Read<go.FetchInit>, Read<protocol.FetchInit>>>();

// ---- the calls of the program ----

type Arguments<M> = { [K in keyof M]: M[K] extends [infer T, unknown] ? T : never };
type Results<M> = { [K in keyof M]: M[K] extends [unknown, infer T] ? Read<{ result: T }> : never };

none<Differences<Arguments<go.HostMethods>, Arguments<host.HostMethods>>>();
none<Differences<Results<go.HostMethods>, Results<host.HostMethods>>>();
none<Differences<Read<go.HostConfig>, Read<host.HostConfig>>>();
same<Same<Exclude<go.HostError, ''>, host.HostError>>();

// ---- words and numbers ----

same<Same<go.Result, protocol.Result>>();
same<Same<go.FailureReason, protocol.FailureReason>>();
same<Same<go.Activity, State>>();
same<Same<go.Priority, options.Priority>>();
same<Same<go.Connections, options.Connections>>();
same<Same<go.Permission, PermissionState>>();
same<Same<go.ResponseType, ResponseType>>();
same<Same<go.ErrorName, (typeof protocol.ERROR_NAMES)[number]>>();
same<Same<go.Priority, (typeof options.PRIORITIES)[number]>>();
same<Same<go.Connections, (typeof options.CONNECTIONS)[number]>>();
same<Same<go.LogEvent, log.LogEvent>>();
same<Same<go.LogVersion, log.LogVersion>>();
// A click is no event of the program.
same<Same<go.EventType | 'backgroundfetchclick', (typeof EVENTS)[number]>>();

none<Differences<go.RetryInit, RetryOptions>>();
none<Differences<typeof go.RETRY_BOUNDS, typeof RETRY_BOUNDS>>();
same<Same<typeof go.MAX_BANDWIDTH_BOUNDS, readonly [0, typeof protocol.MAX_LENGTH]>>();
same<Same<typeof go.DATABASE_VERSION, typeof DATABASE_VERSION>>();
same<Same<typeof go.MAX_LENGTH, typeof protocol.MAX_LENGTH>>();
same<Same<typeof go.MAX_GROUP, typeof protocol.MAX_GROUP>>();
same<Same<typeof go.STORED_BODY, typeof plan.STORED_BODY>>();
same<Same<typeof go.PROBLEM_TYPE, typeof protocol.PROBLEM_TYPE>>();
same<Same<typeof go.KEY_PREFIX, `/${typeof protocol.MARK}/`>>();
