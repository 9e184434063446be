import { precacheAndRoute } from 'workbox-precaching';

importScripts('background-fetch/sw.js', 'keep.js');
precacheAndRoute(self.__WB_MANIFEST);
