/** What blocks of code for a page may use without saying where it is from. */

import '../../jsglue/types/page-globals';

declare global {
  const backgroundFetch: BackgroundFetchManager;
  const download: BackgroundFetchRegistration;
  const file: File;

  interface Document {
    /** The documents do not say of what kind their elements are. */
    // biome-ignore lint/suspicious/noExplicitAny: see above
    querySelector(selectors: string): any;
  }
}
