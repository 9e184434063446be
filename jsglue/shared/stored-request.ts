import type { StoredRequest } from './protocol';

/** What of a stored request is no setting, and has a form of its own in a Request. */
type Content = 'url' | 'headers' | 'body' | 'pieces';

/** The one list of what is stored of a Request beside its content. */
const SETTINGS = {
  method: true,
  mode: true,
  credentials: true,
  cache: true,
  redirect: true,
  referrer: true,
  referrerPolicy: true,
  integrity: true,
} satisfies Record<Exclude<keyof StoredRequest, Content>, true>;

type Settings = Pick<StoredRequest, keyof typeof SETTINGS>;

/** The settings of a Request, or of what was stored of one: members that both and RequestInit have. */
export function settingsOf(request: Settings): Settings {
  const names = Object.keys(SETTINGS) as (keyof Settings)[];
  return Object.fromEntries(names.map((name) => [name, request[name]])) as unknown as Settings;
}
