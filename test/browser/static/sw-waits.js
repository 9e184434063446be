// A worker that is installing for as long as a test looks at it.
self.addEventListener('install', (event) => event.waitUntil(new Promise((resolve) => setTimeout(resolve, 20_000))));
