/** The shell says what to show in the fragment: `#starting`, or `#failed=<why>`. */
const byId = (id) => document.getElementById(id);

function show() {
  const why = new URLSearchParams(location.hash.slice(1)).get('failed');
  const failed = why !== null;
  document.body.classList.toggle('failed', failed);
  byId('what').textContent = failed ? 'The agent, which does the work, does not run.' : 'Starting…';
  byId('why').textContent = why ?? '';
  for (const id of ['why', 'buttons', 'kept']) byId(id).hidden = !failed;
  if (failed) byId('retry').focus();
}

addEventListener('hashchange', show);
show();
