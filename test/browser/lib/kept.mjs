// What a worker keeps, as pages of the scenarios ask it.

/** In the page: calls a method of the worker's `kept`. */
export const callKept = (method, ...args) =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    navigator.serviceWorker.controller.postMessage({ type: 'kept', method, args }, [port2]);
  });

/** In the page: what the worker (sw-keep.js) has read of stored bodies since it was asked last, and how often it has loaded the program. */
export const reads = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    navigator.serviceWorker.controller.postMessage({ type: 'reads' }, [port2]);
  });
