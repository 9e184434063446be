import './start.js';
import { mount } from 'svelte';
import Clip from './Clip.svelte';

mount(Clip, { target: document.querySelector('#app') });
