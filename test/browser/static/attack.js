globalThis.executed = 'js';
globalThis.postMessage?.('executed');
