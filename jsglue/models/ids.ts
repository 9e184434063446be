/** Ids of our background fetches: this, and the URL. */
export const ID_PREFIX = 'model:';
