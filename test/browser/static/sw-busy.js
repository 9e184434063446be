// The test worker, which is busy for 8 s when it has asked the page for the first part of a large body.
const { postMessage } = MessagePort.prototype;
let asked = false;
MessagePort.prototype.postMessage = function (data, ...rest) {
  postMessage.call(this, data, ...rest);
  if (data?.type !== 'part' || asked) return;
  asked = true;
  setTimeout(() => {
    const until = Date.now() + 8000;
    while (Date.now() < until);
  });
};

importScripts('/dist/sw.js');
importScripts('/worker.js');
