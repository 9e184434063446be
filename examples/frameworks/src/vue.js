import './start.js';
import { createApp } from 'vue';
import Clip from './Clip.vue';

createApp(Clip).mount('#app');
