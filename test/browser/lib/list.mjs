// A page with the list of background fetches, and its rows.

/** Opens it. */
export const openList = async (test, options) => {
  const opened = await test.open({ ...options, page: '/list.html' });
  await opened.page.waitFor('the list', 10_000, () => list.host().shadowRoot);
  return opened;
};

/** A row whose title begins so, once it passes the test. */
export const row = (page, title, passes = () => true) =>
  page.waitFor(
    `a row "${title}"`,
    30_000,
    `(title) => list.rows().find((row) => row.title.startsWith(title) && (${passes})(row))`,
    title,
  );
