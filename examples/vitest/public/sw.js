self.backgroundFetchOptions = { native: 'never' };
importScripts('background-fetch/sw.js');
