// The test worker, in a browser that tells of the connection, and whether it is online: what comes by the channel.
// `network` and `maxBandwidth` in its URL are backgroundFetchOptions.
const given = new URL(location.href).searchParams;
self.backgroundFetchOptions = {
  ...(given.has('network') && { network: given.get('network') }),
  ...(given.has('maxBandwidth') && { maxBandwidth: Number(given.get('maxBandwidth')) }),
};
const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi', onLine: true });
Object.defineProperty(navigator, 'connection', { value: connection });
Object.defineProperty(navigator, 'onLine', { get: () => connection.onLine });
new BroadcastChannel('connection').onmessage = ({ data }) => {
  Object.assign(connection, data);
  connection.dispatchEvent(new Event('change'));
};
importScripts('/dist/sw.js');
importScripts('/worker.js');
