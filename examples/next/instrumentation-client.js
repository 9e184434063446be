// Next.js runs this in the page alone, before React.
import { install } from 'background-fetch-wasm';

install();
navigator.serviceWorker?.register('/sw.js');
