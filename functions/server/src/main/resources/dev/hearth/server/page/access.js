// The key that the user typed, kept in this page only, and what the page says where the server wants another one.
const by = id => document.getElementById(id);
const refusals = new Map();

export const key = () => by('key').value.trim();
export const headers = () => key() ? { authorization: `Bearer ${key()}` } : {};

// What is 'figures' or 'requests'; the status is that of the refusal, 401 or 403.
export function refused(what, status) {
  refusals.set(what, status);
  say();
}

export function allowed(what) {
  if (refusals.delete(what)) say();
}

function reason() {
  const figures = refusals.get('figures'), requests = refusals.get('requests');
  if (figures === 401 || requests === 401) {
    if (key()) return 'The server does not accept this key. Is it complete, and still valid?';
    return figures ? 'This server answers only those who have a key. Whoever runs it can give you one.' : 'The figures are for everybody, but to send requests this server wants a key. Whoever runs it can give you one.';
  }
  const who = key() ? 'This key' : 'Someone without a key';
  if (requests === 403) return `${who} may not send this request to this model. Use another one that has the role predict.`;
  return `${who} may not see the figures: they need the role status, for all models. Use another one, or ask a model whose name you know.`;
}

function say() {
  const figures = refusals.get('figures');
  by('access').hidden = refusals.size === 0;
  by('lookup').hidden = figures !== 403;
  by('why').textContent = refusals.size === 0 ? '' : reason();
  // Links do not carry the key.
  document.body.classList.toggle('keyed', key() !== '');
  document.body.classList.toggle('shut', figures !== undefined);
  if (figures !== 403) document.body.classList.remove('asking');
}
