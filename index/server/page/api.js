// What the page asks the server. Every failure becomes an Error whose message a person can read.

const kTokenKey = 'barker-token';

export const token = {
  get: () => sessionStorage.getItem(kTokenKey) || '',
  set: (text) => (text ? sessionStorage.setItem(kTokenKey, text) : sessionStorage.removeItem(kTokenKey)),
};

export async function ask(path, { method = 'GET', body, admin = false } = {}) {
  const headers = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (admin && token.get()) headers.Authorization = 'Bearer ' + token.get();
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error('The server does not answer.');
  }
  const text = await response.text();
  const isJson = (response.headers.get('Content-Type') || '').includes('json');
  const answer = isJson && text ? JSON.parse(text) : text;
  if (response.ok) return answer;
  const error = new Error(answer.detail || answer.title || 'The server answered ' + response.status + '.');
  error.status = response.status;
  throw error;
}

// A page of ads for a user; '' is a stranger.
export function search(q, user, features, visitor) {
  const body = { q, k: 10, explain: true };
  if (user) body.user = user;
  else body.visitor = visitor;
  if (features.length) body.features = features;
  return ask('/v1/search', { method: 'POST', body });
}

export function attraction(q, user, points, influences) {
  const body = { q, points, influences };
  if (user) body.user = user;
  return ask('/v1/attraction', { method: 'POST', body, admin: true });
}

export function click(page, user, kind, object, position) {
  const event = {
    event_id: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2),
    request_id: page.request_id, user, kind, object, position, time: Date.now() / 1000,
  };
  return ask('/v1/events', { method: 'POST', body: { events: [event] } });
}

// The text of /metrics as {name: [{labels, value}]}.
export function parseMetrics(text) {
  const families = {};
  for (const line of text.split('\n')) {
    const match = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
    if (!match) continue;
    const labels = {};
    for (const [, name, value] of (match[2] || '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[name] = value.replace(/\\n/g, '\n').replace(/\\(.)/g, '$1');
    }
    (families[match[1]] ||= []).push({ labels, value: Number(match[3].replace('Inf', 'Infinity')) });
  }
  return families;
}
