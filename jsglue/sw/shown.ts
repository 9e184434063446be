/**
 * What the user is shown: a notification for each background fetch, or for each group, where the site
 * has the permission already. What is in it, and when, the Go program decides.
 * Source: https://wicg.github.io/background-fetch/#display-a-background-fetch
 */

import { groupQuery } from '../shared/group-name';
import { instanceOf } from '../shared/instances';
import { MARK, type Snapshot } from '../shared/protocol';
import { lost } from '../shared/snapshots';
import { fromWire } from '../shared/wire-text';
import { fire } from './events';
import type { HostMethods } from './host';
import type { Lifetime } from './lifetime';
import type { LocalTransport } from './transport';
import type { Watchers } from './watchers';
import { worker } from './worker';

const TAG = 'bgfetch:';

/** What our notifications carry. They outlive the worker, and the background fetch. */
interface Data {
  [MARK]: Snapshot;
  group?: string;
  prompting: boolean;
}

/** Members that the DOM types leave out. */
type Options = NotificationOptions & { actions?: { action: string; title: string }[]; renotify?: boolean };

export async function show({ tag, group, title, body, lang, icon, actions, prompting, snapshot }: HostMethods['show'][0]) {
  if (!isAllowed()) return null;
  const { maxActions } = Notification as { maxActions?: number };
  const data: Data = { [MARK]: snapshot, group, prompting: prompting ?? false };
  const options: Options = { tag: TAG + tag, body, lang, data, silent: true, renotify: false };
  if (icon) options.icon = icon;
  if (maxActions) options.actions = actions.slice(0, maxActions);
  await worker.registration.showNotification(fromWire(title), options);
  return null;
}

export async function closeShown({ tag }: HostMethods['closeShown'][0]): Promise<null> {
  if (isAllowed()) close(await worker.registration.getNotifications({ tag: TAG + tag }));
  return null;
}

/** Takes away all there is of ours. Never rejects. */
export async function closeAllShown(): Promise<void> {
  if (!isAllowed()) return;
  const all = await worker.registration.getNotifications().catch(() => []);
  close(all.filter((notification) => dataOf(notification)));
}

function close(notifications: Notification[]): void {
  for (const notification of notifications) notification.close();
}

/** Never asks: that is the site's to do. */
function isAllowed(): boolean {
  return 'Notification' in worker && Notification.permission === 'granted';
}

function dataOf({ tag, data }: Notification): Data | undefined {
  return tag.startsWith(TAG) && typeof data === 'object' && data !== null && MARK in data ? data : undefined;
}

/**
 * Adds the listeners. They have to be the first for their events: the site's must
 * not see our notifications.
 */
export function listenForClicks(
  transport: LocalTransport,
  watchers: Watchers,
  lifetime: Lifetime,
  isStored: (uniqueId: string) => Promise<boolean>,
): void {
  worker.addEventListener('notificationclick', (event) => {
    const data = dataOf(event.notification);
    if (!data) return;
    event.stopImmediatePropagation();
    void lifetime.hold(event, clicked(event, data));
  });
  // Closing it dismisses nothing: the next progress shows it again.
  worker.addEventListener('notificationclose', (event) => {
    if (dataOf(event.notification)) event.stopImmediatePropagation();
  });

  async function clicked({ action, notification }: NotificationEvent, { [MARK]: shown, group, prompting }: Data): Promise<void> {
    if (action || prompting) {
      const what = action || 'resume';
      const path = group ? `groups/${what}${groupQuery(group)}` : `fetches/${shown.uniqueId}/${what}`;
      await transport.request('POST', path);
      return;
    }
    const snapshot = watchers.latest(shown.uniqueId) ?? (await current(shown));
    if (snapshot.result !== '') notification.close();
    const { extended, end } = fire('backgroundfetchclick', instanceOf(snapshot, transport), async () => {});
    await extended();
    end();
  }

  /** Of one that this worker did not hear of yet, or that is done with. */
  async function current(shown: Snapshot): Promise<Snapshot> {
    if (!(await isStored(shown.uniqueId))) return lost(shown);
    const { status, body } = await transport.request('GET', `fetches/${shown.uniqueId}`);
    return status === 200 ? (body as Snapshot) : lost(shown);
  }
}
