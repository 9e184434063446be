import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { render } from 'svelte/server';
import { createSSRApp } from 'vue';
import { renderToString as renderVue } from 'vue/server-renderer';
import { Clip } from './Clip.jsx';
import SvelteClip from './Clip.svelte';
import VueClip from './Clip.vue';

/** What a server sends: that there is nothing yet. */
export const react = () => renderToString(createElement(Clip));
export const vue = () => renderVue(createSSRApp(VueClip));
export const svelte = () => render(SvelteClip).body;
