// A voice that reads aloud: one large file of another origin, fetched when somebody asks for it.
const VOICE_ID = 'voice-small';
const VOICE_URL = 'https://models.example/file/voice-small?size=3000000&rate=1000000&cors=1';

const [getButton, stopButton, bar, output] = ['get', 'stop', 'bar', 'says'].map((id) => document.getElementById(id));
const say = (text) => (output.textContent = text);

if ('serviceWorker' in navigator) {
  self.addEventListener('load', async () => {
    const { scope } = await navigator.serviceWorker.register('sw.js');
    console.log('the voice has a worker for', scope);
    if ('BackgroundFetchManager' in self) await follow();
  });

  navigator.serviceWorker.addEventListener('message', async ({ data }) => {
    console.log(data.message, data.id);
    const voices = await caches.open('voices');
    for (const request of await voices.keys()) {
      const voice = await voices.match(request).then((stored) => stored.blob());
      say(`${data.id}: ${data.message}, ${voice.size} bytes`);
    }
  });
}

// As text, as the header has it.
async function lengthOf(url) {
  try {
    const head = await fetch(url, { method: 'HEAD' });
    if (head.ok) return head.headers.get('Content-Length');
    console.error('no length:', head.status);
    return 0;
  } catch (error) {
    console.error('no length:', error);
    return 0;
  }
}

function show(voice) {
  bar.value = voice.downloaded / voice.downloadTotal;
  say(`${voice.downloaded} of ${voice.downloadTotal}`);
}

async function follow() {
  const site = await navigator.serviceWorker.ready;
  const voice = await site.backgroundFetch.get(VOICE_ID);
  if (!voice) {
    getButton.ariaDisabled = 'false';
    return;
  }
  show(voice);
  stopButton.ariaDisabled = 'false';
  bar.hidden = false;

  // Until the first event, it is asked for anew every three seconds.
  const timer = setInterval(async () => show(await site.backgroundFetch.get(VOICE_ID)), 3000);

  voice.addEventListener('progress', () => {
    clearInterval(timer);
    if (!voice.downloadTotal) return;
    if (voice.failureReason || voice.result === 'success') {
      bar.hidden = true;
      stopButton.ariaDisabled = 'true';
      getButton.ariaDisabled = 'false';
      return;
    }
    show(voice);
  });
}

getButton.addEventListener('click', async () => {
  const stored = await caches.match(VOICE_URL);
  if (stored) {
    const voice = await stored.blob();
    say(`${VOICE_ID}: stored before, ${voice.size} bytes`);
    return;
  }
  const isThere = 'BackgroundFetchManager' in self;
  if (!isThere) {
    try {
      const answer = await fetch(VOICE_URL);
      if (!answer.ok) throw new Error(`no voice: ${answer.status}`);
      const voice = await answer.blob();
      console.log(`${VOICE_ID}: without the API, ${voice.size} bytes`);
    } catch (error) {
      console.error(error);
    }
    return;
  }
  const site = await navigator.serviceWorker.ready;
  let voice = await site.backgroundFetch.get(VOICE_ID);
  if (!voice) {
    voice = await site.backgroundFetch.fetch(VOICE_ID, VOICE_URL, {
      title: 'A small voice',
      icons: [{ src: 'voice.png', size: '128x128', type: 'image/png' }],
      downloadTotal: await lengthOf(VOICE_URL),
    });
  }
  getButton.ariaDisabled = 'true';
  await follow();
});

stopButton.addEventListener('click', async () => {
  const site = await navigator.serviceWorker.ready;
  const voice = await site.backgroundFetch.get(VOICE_ID);
  if (!voice) return;
  await voice.abort();
  say(`${VOICE_ID}: stopped`);
});
