import './start.js';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { Clip } from './Clip.jsx';

createRoot(document.querySelector('#app')).render(createElement(Clip));
