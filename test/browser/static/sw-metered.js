// The test worker, in a browser that tells of the connection: what comes by the channel.
// `network` and `maxBandwidth` in its URL are backgroundFetchOptions.
const given = new URL(location.href).searchParams;
self.backgroundFetchOptions = {
  ...(given.has('network') && { network: given.get('network') }),
  ...(given.has('maxBandwidth') && { maxBandwidth: Number(given.get('maxBandwidth')) }),
};
const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi' });
Object.defineProperty(navigator, 'connection', { value: connection });
new BroadcastChannel('connection').onmessage = ({ data }) => {
  Object.assign(connection, data);
  connection.dispatchEvent(new Event('change'));
};
importScripts('/dist/sw.js');
importScripts('/worker.js');
