// Runs first in every page of the bench's browser. Times are milliseconds since 1970 in the page's own
// clock, so that those of one page can be compared with those of the next.
const epochMs = () => performance.timeOrigin + performance.now();
const remember = (name, value) => sessionStorage.setItem(`bench.${name}`, JSON.stringify(value));

addEventListener(
  'click',
  ({ target }) => {
    if (target instanceof Element && target.closest('a[href^="/open/"]')) {
      sessionStorage.clear();
      remember('click', epochMs());
    }
  },
  true,
);

if (location.pathname.startsWith('/open/')) {
  addEventListener('pagehide', () => {
    const [page] = performance.getEntriesByType('navigation');
    const call = performance
      .getEntriesByType('resource')
      .find(({ name }) => name.endsWith('/api/sessions'));
    remember('open page', performance.timeOrigin + page.responseEnd);
    if (call) remember('session asked', performance.timeOrigin + call.startTime);
    if (call) remember('session claimed', performance.timeOrigin + call.responseEnd);
  });
}

if (location.pathname.startsWith('/ide/')) {
  remember('ide asked', performance.timeOrigin);
  const hasText = (selector) =>
    [...document.querySelectorAll(selector)].some(({ textContent }) => textContent.trim() !== '');
  const isEditable = () =>
    document.querySelector('.editor-instance :is(.native-edit-context, textarea)') !== null;
  const seen = new Set();
  const see = (name, isThere) => {
    if (seen.has(name) || !isThere()) return;
    seen.add(name);
    remember(name, epochMs());
  };
  const look = () => {
    see('editable text', () => hasText('.editor-instance .view-line') && isEditable());
    see('prompt', () => hasText('.xterm-rows'));
    if (seen.size < 2) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
