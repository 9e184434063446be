// Whom WebKitGTK asks whether there is a network: GLib's GNetworkMonitor, which a
// desktop's portal on the session's D-Bus tells. This is both, the bus and the portal,
// for one browser: a test changes that opinion without any rights on the machine.
//
// Of D-Bus (https://dbus.freedesktop.org/doc/dbus-specification.html) there is what GLib
// needs for that, in little-endian; all other calls are answered with an error.
import net from 'node:net';

const PORTAL = 'org.freedesktop.portal.Desktop';
/** https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.NetworkMonitor.html */
const MONITOR = 'org.freedesktop.portal.NetworkMonitor';
const OWNER = ':1.0';
const VERSION = 3;
const ALREADY_RUNNING = 2;
/** GetStatus's connectivity: local only, and full. */
const [LOCAL, FULL] = [1, 4];
/** How a client makes itself known, and what it is told; it says who it is in DATA. */
const AUTHENTICATION = { AUTH: 'REJECTED EXTERNAL', 'AUTH EXTERNAL': 'DATA', DATA: `OK ${'0'.repeat(32)}` };

const [CALL, REPLY, ERROR, SIGNAL] = [1, 2, 3, 4];
const NO_REPLY_EXPECTED = 1;
/** Header fields by code: name and type. */
const FIELDS = {
  1: ['path', 'o'],
  2: ['interface', 's'],
  3: ['member', 's'],
  4: ['errorName', 's'],
  5: ['replySerial', 'u'],
  6: ['destination', 's'],
  7: ['sender', 's'],
  8: ['signature', 'g'],
};

const aligned = (offset, to) => Math.ceil(offset / to) * to;

class Writer {
  bytes = [];
  align(to) {
    while (this.bytes.length % to > 0) this.bytes.push(0);
  }
  u(value) {
    this.align(4);
    this.bytes.push(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255);
  }
  b(value) {
    this.u(Number(value));
  }
  s(text) {
    this.u(Buffer.byteLength(text));
    this.bytes.push(...Buffer.from(text), 0);
  }
  o(path) {
    this.s(path);
  }
  g(signature) {
    this.bytes.push(signature.length, ...Buffer.from(signature), 0);
  }
  variant([type, value]) {
    this.g(type);
    this[type](value);
  }
  /** An array of structures, which `write` writes. */
  array(write) {
    this.u(0);
    const lengthAt = this.bytes.length - 4;
    this.align(8);
    const begin = this.bytes.length;
    write();
    const length = this.bytes.length - begin;
    for (let i = 0; i < 4; i++) this.bytes[lengthAt + i] = (length >> (8 * i)) & 255;
  }
}

/** The body of a message: one value of that type. */
const one = (type, value) => ({ signature: type, write: (writer) => writer[type](value) });

/** The body of a message: name -> [type, value]. */
const dictionary = (values) => ({
  signature: 'a{sv}',
  write: (writer) =>
    writer.array(() => {
      for (const [name, value] of Object.entries(values)) {
        writer.align(8);
        writer.s(name);
        writer.variant(value);
      }
    }),
});

let serial = 0;

function encode(type, fields, body) {
  const content = new Writer();
  body?.write(content);
  const writer = new Writer();
  writer.bytes.push('l'.charCodeAt(0), type, 0, 1);
  writer.u(content.bytes.length);
  writer.u(++serial);
  const all = { ...fields, signature: body?.signature };
  writer.array(() => {
    for (const [code, [name, kind]] of Object.entries(FIELDS)) {
      if (all[name] === undefined) continue;
      writer.align(8);
      writer.bytes.push(Number(code));
      writer.variant([kind, all[name]]);
    }
  });
  writer.align(8);
  return Buffer.from([...writer.bytes, ...content.bytes]);
}

/** The message at the beginning of the data, and its length; undefined where it is not complete. */
function decode(data) {
  if (data.length < 16) return;
  const fieldsEnd = 16 + data.readUInt32LE(12);
  const bodyAt = aligned(fieldsEnd, 8);
  const length = bodyAt + data.readUInt32LE(4);
  if (data.length < length) return;
  const message = { type: data[1], flags: data[2], serial: data.readUInt32LE(8), length };
  for (let at = 16; at < fieldsEnd; ) {
    at = aligned(at, 8);
    const [name, kind] = FIELDS[data[at]] ?? [];
    at += 2 + data[at + 1] + 1; // the code, and the signature
    if (kind === 'g') {
      at += 1 + data[at] + 1;
      continue;
    }
    at = aligned(at, 4);
    const value = data.readUInt32LE(at);
    at += 4;
    if (kind === 's' || kind === 'o') {
      message[name] = data.toString('utf8', at, at + value);
      at += value + 1;
    }
  }
  // Of the arguments only a first string is of interest.
  if (length > bodyAt + 4) message.argument = data.toString('utf8', bodyAt + 4, bodyAt + 4 + data.readUInt32LE(bodyAt));
  return message;
}

export class NetworkPortal {
  #connections = new Set();
  #online = true;
  #server;
  #names = 0;

  /** Listens at a path of a socket; `environment` is for the browser. */
  async start(socket) {
    this.environment = {
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}`,
      GTK_USE_PORTAL: '1',
      GIO_USE_NETWORK_MONITOR: 'portal',
      // It would ask the portal for each URL.
      GIO_USE_PROXY_RESOLVER: 'dummy',
    };
    this.#server = net.createServer((connection) => this.#serve(connection));
    await new Promise((resolve) => this.#server.listen(socket, resolve));
    this.#server.unref();
    return this;
  }

  setOnline(online) {
    this.#online = online;
    const changed = { path: '/org/freedesktop/portal/desktop', sender: OWNER, interface: MONITOR, member: 'changed' };
    for (const connection of this.#connections) connection.write(encode(SIGNAL, changed));
  }

  close() {
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
  }

  #serve(connection) {
    let data = Buffer.alloc(0);
    let talking = false;
    connection.unref();
    connection.on('error', () => {}); // its browser was killed
    connection.on('close', () => this.#connections.delete(connection));
    connection.on('data', (more) => {
      data = Buffer.concat([data, more]);
      for (let end; !talking && (end = data.indexOf('\r\n')) >= 0; data = data.subarray(end + 2)) {
        const line = data.toString('latin1', 0, end).replace('\0', '');
        if (line === 'BEGIN') talking = true;
        else connection.write(`${AUTHENTICATION[line.startsWith('DATA') ? 'DATA' : line] ?? 'ERROR'}\r\n`);
      }
      if (talking) this.#connections.add(connection);
      for (let message; talking && (message = decode(data)); data = data.subarray(message.length)) {
        const { type, flags } = message;
        if (type === CALL && !(flags & NO_REPLY_EXPECTED)) connection.write(this.#answer(message));
      }
    });
  }

  #answer({ serial: replySerial, destination, member, argument }) {
    const from = { replySerial, sender: destination };
    const reply = (body) => encode(REPLY, from, body);
    switch (`${member} ${argument}`) {
      case `StartServiceByName ${PORTAL}`:
        return reply(one('u', ALREADY_RUNNING));
      case `GetNameOwner ${PORTAL}`:
        return reply(one('s', OWNER));
      case `GetAll ${MONITOR}`:
        return reply(dictionary({ version: ['u', VERSION] }));
    }
    switch (member) {
      case 'Hello':
        return reply(one('s', `:1.${++this.#names}`));
      case 'AddMatch':
      case 'RemoveMatch':
        return reply();
      case 'GetStatus': {
        const online = this.#online;
        return reply(dictionary({ available: ['b', online], metered: ['b', false], connectivity: ['u', online ? FULL : LOCAL] }));
      }
    }
    return encode(ERROR, { ...from, errorName: 'org.freedesktop.DBus.Error.NameHasNoOwner' });
  }
}
