// What a worker keeps, as pages of the scenarios ask it.

/** In the page: calls a method of the worker's `kept`. */
export const callKept = (method, ...args) =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    navigator.serviceWorker.controller.postMessage({ type: 'kept', method, args }, [port2]);
  });
