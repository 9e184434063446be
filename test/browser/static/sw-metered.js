// The test worker, in a browser that tells of the connection: what comes by the channel.
const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi' });
Object.defineProperty(navigator, 'connection', { value: connection });
new BroadcastChannel('connection').onmessage = ({ data }) => {
  Object.assign(connection, data);
  connection.dispatchEvent(new Event('change'));
};
importScripts('/dist/sw.js');
importScripts('/worker.js');
