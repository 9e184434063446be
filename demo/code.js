// The code that each button runs, as the functions have it.

import * as calls from './calls.js';

const BUTTONS = [
  ['Download', calls.download],
  ['Pause', calls.pause],
  ['Resume', calls.resume],
  ['Abort', calls.abort],
  ['Play, or show, while it comes', calls.playWhileItComes],
  ['Save', calls.save],
  ['Delete', calls.remove],
  ['Stop the worker', calls.stopTheWorker],
  ['Cut the connection', calls.cutTheConnection],
  ['Stop the server', calls.stopTheServer],
  ['Revoke the links', calls.revokeTheLinks],
];
/** These need the demo server. */
const ITS = [calls.cutTheConnection, calls.stopTheServer, calls.revokeTheLinks];

/** Fills the element; `all`: also what needs the demo server. */
export function showCode(element, all) {
  for (const [button, call] of BUTTONS) {
    if (!all && ITS.includes(call)) continue;
    const title = document.createElement('h3');
    title.textContent = button;
    const code = document.createElement('code');
    code.textContent = String(call);
    const pre = document.createElement('pre');
    pre.append(code);
    const part = document.createElement('div');
    part.append(title, pre);
    element.append(part);
  }
}
