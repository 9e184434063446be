// In a worker: notifications as if the user had agreed, for a browser whose user no
// test can play. What is shown is kept here.
(() => {
  const shown = new Map(); // tag -> notification

  class Notification extends EventTarget {
    static permission = 'granted';
    static maxActions = 2;
    constructor(title, options) {
      super();
      Object.assign(this, { tag: '' }, structuredClone(options), { title: String(title) });
    }
    close() {
      if (shown.get(this.tag) === this) shown.delete(this.tag);
    }
  }

  class NotificationEvent extends ExtendableEvent {
    constructor(type, { notification, action = '' }) {
      super(type);
      Object.assign(this, { notification, action });
    }
  }

  Object.assign(self, { Notification, NotificationEvent });
  Object.assign(ServiceWorkerRegistration.prototype, {
    async showNotification(title, options = {}) {
      const notification = new Notification(title, options);
      shown.set(notification.tag, notification);
    },
    async getNotifications({ tag } = {}) {
      return [...shown.values()].filter((one) => tag === undefined || one.tag === tag);
    },
  });
})();
