// What the page asks the server. Errors are Error objects whose message is a sentence for people.
const TOKEN = 'barker-token';

// The token lives as long as the tab, and nowhere else.
export const token = {
  get: () => sessionStorage.getItem(TOKEN) ?? '',
  set: (text) => (text ? sessionStorage.setItem(TOKEN, text) : sessionStorage.removeItem(TOKEN)),
};

async function ask(path, {body, signal, asText = false} = {}) {
  const headers = {};
  if (token.get()) headers.Authorization = `Bearer ${token.get()}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST', headers, signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The server does not answer.');
  }
  if (asText && response.ok) return response.text();
  const answer = await response.json().catch((error) => {
    if (error.name === 'AbortError') throw error;
    return {};
  });
  if (response.ok) return answer;
  throw new Error(answer.detail ?? `The server answered ${response.status}.`);
}

const query = (path, values) => `${path}?${new URLSearchParams(values)}`;

export const settings = () => ask('/v1/page');
export const suggest = (q, signal) => ask(query('/v1/suggest', {q}), {signal});
// The parts of a list parameter, whose own commas and backslashes stand behind a backslash.
const list = (parts) => parts.map((part) => part.replace(/[\\,]/g, '\\$&')).join(',');
export const influence = (q, user, points) =>
  ask(query('/v1/influence', {q, user, selling_points: list(points)}));
export const metrics = () => ask('/metrics', {asText: true});
export const status = () => ask('/v1/admin/status');
export const weights = () => ask('/v1/admin/weights');
export const command = (name, body = {}) => ask(`/v1/admin/${name}`, {body});

// Places a stranger in experiments, the same at every visit.
function visitor() {
  const known = localStorage.getItem('barker-visitor');
  if (known) return known;
  const made = `visitor-${Math.random().toString(36).slice(2, 12)}`;
  localStorage.setItem('barker-visitor', made);
  return made;
}

// The page that the user is shown, and the same auction as merchants see it. The second is a preview:
// it goes into no log.
export async function search(q, user, features) {
  const asked = {q, ...(user ? {user} : {visitor: visitor()}), features};
  const [shown, all] = await Promise.all([
    ask('/v1/search', {body: {...asked, k: 10, explain: true}}),
    ask('/v1/search', {body: {...asked, k: 1000, preview: true}}),
  ]);
  const merchants = all.ads.sort((a, b) => a.first_pass_rank - b.first_pass_rank).slice(0, 10);
  return {...shown, merchants, candidates: all.ads.length};
}

export async function click(page, kind, object, position) {
  const answer = await ask('/v1/events', {body: {events: [{
    event_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    request_id: page.request_id, user: page.user, kind, object, position, time: Date.now() / 1000,
  }]}});
  const [event] = answer.events;
  if (event.outcome === 'refused') throw new Error(event.reason);
}
