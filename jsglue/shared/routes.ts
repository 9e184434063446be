/**
 * The paths of the one HTTP handler (wasm/httpapi), and the JSON of requests and replies. They are
 * relative to `<scope>/__bgfetch__/`, and written as URI templates (RFC 6570), queries too.
 * Types only. types/wire-conformance.ts compares them with the Go code.
 *
 * Each path may be answered with a Problem. HEAD is answered wherever GET is.
 */

import type { NetworkOptions } from './network-options';
import type { UIOptions } from './options';
import type { History, Listings, Log } from './listings';
import type { Plan, ServedBody } from './plan';
import type {
  AbortReply,
  FetchInit,
  FetchList,
  GroupList,
  GroupSnapshot,
  KeptList,
  KeptUsage,
  MatchInit,
  MatchReply,
  RecordSnapshot,
  RemainsList,
  Snapshot,
  StoredRequest,
} from './protocol';
import type { Spoken } from './texts';

export interface Routes {
  /** 200 the active ones; with id: 200 that active one, or 404. */
  'GET fetches{?id}': { reply: FetchList | Snapshot };
  /** 200 the active one with that id, for ids that no URL has room for; or 404. */
  'POST ids': { request: { id: string }; reply: Snapshot };
  /** 201. Can be sent again with the same uniqueId when the reply was lost: it gives the same background fetch. */
  'POST fetches': { request: FetchInit; reply: Snapshot };
  'GET fetches/{uniqueId}': { reply: Snapshot };
  /** The same again for the same call, which the caller names. */
  'POST fetches/{uniqueId}/abort{?call}': { reply: AbortReply };
  'POST fetches/{uniqueId}/pause': { reply: PauseReply };
  'POST fetches/{uniqueId}/resume': { reply: PauseReply };
  /** What is absent stays. */
  'POST fetches/{uniqueId}/options': { request: NetworkOptions; reply: OptionsReply };
  /** What updateUI() was given in the closing event. What is absent stays. */
  'POST fetches/{uniqueId}/ui': { request: UIOptions; reply: Done };
  'POST fetches/{uniqueId}/match': { request: MatchInit; reply: MatchReply };
  /**
   * With wait=head it comes when the head is known or the record is settled, at the latest after
   * 20 s (then head is null and result "": ask again).
   */
  'GET fetches/{uniqueId}/records/{index}{?wait}': { reply: RecordSnapshot };
  /** It is sent with the URL, the header fields and the credentials of this one from now on. */
  'POST fetches/{uniqueId}/records/{index}/request': { request: StoredRequest; reply: OptionsReply };
  /**
   * Where the bytes from that offset on lie. With wait it comes when there is something to tell, at
   * the latest after 20 s (then empty: ask again). With seek the transfer goes on there, for a
   * reader that has waited long, unless stay is there, too.
   */
  'GET fetches/{uniqueId}/records/{index}/plan{?from,generation,seek,stay,wait}': { reply: Plan };
  /** That group, whose sums are 0 where nobody has it; without a name all that there are. */
  'GET groups{?group}': { reply: GroupList | GroupSnapshot };
  /** All of a group that are under way; false where there are none. */
  'POST groups/abort{?call,group}': { reply: AbortReply };
  'POST groups/pause{?group}': { reply: PauseReply };
  'POST groups/resume{?group}': { reply: PauseReply };
  'POST groups/options{?group}': { request: NetworkOptions; reply: OptionsReply };
  /** 200 or 206 with a ServedBody, in whose place the bytes are sent. */
  'GET fetches/{uniqueId}/records/{index}/body{?download}': { reply: ServedBody };
  /** The same for a URL: of the record that was kept for it, or is under way. */
  'GET body{?download,ignoreSearch,url}': { reply: ServedBody };
  /** A ZIP archive of the bodies, of some records or all. */
  'GET fetches/{uniqueId}/zip{?record}': { reply: ServedBody };
  'GET kept{?group,ignoreSearch,url}': { reply: KeptList };
  /** By url or by group. */
  'DELETE kept{?group,ignoreSearch,url}': { reply: DeletedReply };
  /** How many bytes are kept. */
  'GET usage': { reply: KeptUsage };
  /** Of a unique id never 0, but 404. */
  'DELETE kept/{uniqueId}': { reply: DeletedReply };
  /** What failed background fetches left for another try. */
  'GET remains': { reply: RemainsList };
  'DELETE remains': { reply: DeletedReply };
  /** Of a unique id never 0, but 404. */
  'DELETE remains/{uniqueId}': { reply: DeletedReply };
  'GET list': { reply: Listings };
  'GET history': { reply: History };
  'DELETE history': { reply: Done };
  'DELETE history/{number}': { reply: Done };
  /** 201 the new one, which has that unique id. */
  'POST history/{number}/retry': { request: { uniqueId: string }; reply: Snapshot };
  'GET log': { reply: Log };
  /** What the program itself takes; memory is in bytes. */
  'GET program': { reply: { goroutines: number; memory: number } };
  /** The same as fetches/{uniqueId}, for the newest one with that id. */
  '* ids/{id}': unknown;
  '* ids/{id}/{rest...}': unknown;
  /** The downloads page, and what it is made of. */
  'GET ': unknown;
  'GET list.js': unknown;
  'GET page.css': unknown;
  'GET language.js': unknown;
  /** What the list says in a language, without one in that of the worker; at the latest after 20 s. */
  'GET texts{?lang}': { reply: Spoken };
}

/** Messages of pages that the worker answers itself, without the program: there is no fetch event for these. */
export interface OwnRoutes {
  /** The policy of the site. */
  'GET permission': { state: PermissionState };
  /** The registration was unregistered: what belongs to it is ended and deleted. */
  'POST unregister': Done;
}

/** A reply that says nothing but that it is done. */
export type Done = Record<string, never>;

export interface PauseReply {
  paused: boolean;
}

export interface OptionsReply {
  /** False where it has settled. */
  changed: boolean;
}

export interface DeletedReply {
  /** How many records. */
  deleted: number;
}
