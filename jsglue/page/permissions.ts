/** The permission as this page sees it: the policy of the worker that serves it. */

import { within } from '../shared/deadline';
import { installPermissions } from '../shared/permissions';
import type { OwnRoutes } from '../shared/routes';
import { transportOf } from './transport';

/** A worker that does not say so much by then does not know of us. */
const ANSWER_WITHIN_MS = 5000;

/** `own` is the page's policy, for as long as there is no worker to ask. */
export function installPagePermissions(own: PermissionState = 'granted'): void {
  const refresh = installPermissions(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    if (!registration?.active) return own;
    const asked = transportOf(registration)
      .request('GET', 'permission')
      .catch(() => undefined);
    const reply = await within(asked, ANSWER_WITHIN_MS);
    return reply?.status === 200 ? (reply.body as OwnRoutes['GET permission']).state : own;
  });
  navigator.serviceWorker.addEventListener('controllerchange', refresh);
}
