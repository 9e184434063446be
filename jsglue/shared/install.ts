/** The interfaces on the global object, and `registration.backgroundFetch`. */

import { BackgroundFetchGroup } from './group';
import { defineAdditions } from './additions';
import { BackgroundFetchManager, createManager } from './manager';
import { BackgroundFetchRecord } from './record';
import { BackgroundFetchRegistration } from './registration';
import { noteRequests } from './request-notes';
import type { Transport } from './transport';
import { addMembers, defineInterface } from './webidl';

/**
 * Define BackgroundFetchManager, BackgroundFetchRegistration, BackgroundFetchRecord
 * and `ServiceWorkerRegistration.prototype.backgroundFetch`, over native ones too.
 * Synchronous; nothing is loaded or sent. `getTransport` is called once for each
 * registration, when its `backgroundFetch` is first read.
 */
export function installInterfaces(
  globalObject: object,
  getTransport: (registration: ServiceWorkerRegistration) => Transport,
): void {
  defineInterface(globalObject, 'BackgroundFetchManager', BackgroundFetchManager);
  defineInterface(globalObject, 'BackgroundFetchRegistration', BackgroundFetchRegistration);
  defineInterface(globalObject, 'BackgroundFetchRecord', BackgroundFetchRecord);
  defineInterface(globalObject, 'BackgroundFetchGroup', BackgroundFetchGroup);
  defineAdditions();

  const managers = new WeakMap<object, BackgroundFetchManager>();
  const { prototype } = ServiceWorkerRegistration;
  const readScope = Object.getOwnPropertyDescriptor(prototype, 'scope')!.get!;
  addMembers(prototype, {
    get backgroundFetch(): BackgroundFetchManager {
      const registration = this as unknown as ServiceWorkerRegistration;
      // Throws the TypeError of the standard for any other `this`.
      readScope.call(registration);
      let manager = managers.get(registration);
      if (!manager) managers.set(registration, (manager = createManager(getTransport(registration))));
      return manager;
    },
  });

  noteRequests(globalObject as { Request: typeof Request });
}
