import { keepModels } from './background-fetch/models.mjs';
import { install } from './background-fetch/sw.mjs';

install();
keepModels();
