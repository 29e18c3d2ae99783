// The view of searches: the same auction as merchants wrote it and as a user is shown it.
import {html, useEffect, useRef, useState} from './standalone.module.js';
import * as api from './api.js';
import {SearchBox} from './search_box.js';
import {titleParts} from './titles.js';
import {Why} from './why.js';

const EXAMPLES = ['wireless headphones', 'running shoes', 'backpack', '面膜'];
const money = (value) => value.toFixed(2);
const percent = (value) => `${(100 * value).toFixed(0)}%`;

function People({users, user, choose}) {
  const [other, setOther] = useState('');
  const known = [...users.map((each) => each.user), ''];
  return html`<fieldset class="people"><legend>Search as</legend>
    ${known.map((id) => html`<label class="person"><input type="radio" name="user"
      checked=${id === user} onChange=${() => choose(id)}/><span>${id || 'a stranger'}</span></label>`)}
    <form class="other" onSubmit=${(event) => { event.preventDefault(); if (other) choose(other); }}>
      <input aria-label="Another user's id" placeholder="another id…" value=${other}
        onInput=${(event) => setOther(event.target.value)}/></form>
    ${!known.includes(user) && html`<span class="person chosen">${user}</span>`}
  </fieldset>`;
}

function History({users, user, fresh}) {
  const found = users.find((each) => each.user === user);
  const [all, setAll] = useState(false), [isCut, setCut] = useState(false);
  const list = useRef(null);
  useEffect(() => {
    const look = () => setCut(Boolean(list.current) && list.current.scrollHeight > list.current.clientHeight);
    look();
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, [found, all]);
  if (!user) return html`<p class="note">A stranger has no history: the selling points are those that
    suit the query.</p>`;
  if (!found) return html`<p class="note">Histories are shown of the users that the page offers
    (<code>page.users</code>).</p>`;
  return html`<div class="history"><h2 id="history">History of ${user}, newest first</h2>
    <ul ref=${list} class=${all ? 'words' : 'words short'} aria-labelledby="history">${found.keywords.map((keyword) =>
      html`<li class=${fresh.includes(keyword) ? 'fresh' : ''}>${keyword}</li>`)}</ul>
    ${(all || isCut) && html`<button type="button" class="quiet" aria-expanded=${all ? 'true' : 'false'}
      onClick=${() => setAll(!all)}>${all ? 'Show less' : `Show all ${found.keywords.length}`}</button>`}</div>`;
}

function Chips({page, features, pick, drop}) {
  if (page.sfs.length === 0 && features.length === 0) return null;
  return html`<div class="chips" role="group" aria-label="Narrow by a feature">
    ${features.map((feature) => html`<button type="button" class="chip on" aria-pressed="true"
      onClick=${() => drop(feature)}>${feature}<span aria-hidden="true"> ×</span></button>`)}
    ${page.sfs.map((sf) => html`<button type="button" class="chip" aria-pressed="false"
      onClick=${() => pick(sf)}>${sf.keyword}${sf.attraction !== null && html`
      <small>${percent(sf.attraction)}</small>`}</button>`)}</div>`;
}

function MerchantAd({ad, shownAt}) {
  return html`<li class="ad"><span class="rank">${ad.first_pass_rank}</span><div>
    <p class="title">${ad.original_title}</p>
    <p class="facts"><span>bid ${money(ad.bid)}</span>
      <span>${ad.match}${ad.term ? ` “${ad.term}”` : ''}</span>
      <span class="move">${shownAt ? `shown at ${shownAt}` : 'not among the ten'}</span></p></div></li>`;
}

function Move({ad}) {
  const up = ad.first_pass_rank - ad.rank;
  if (up === 0) return html`<span class="move">same place</span>`;
  return html`<span class=${`move ${up > 0 ? 'up' : 'down'}`}>${up > 0 ? '▲' : '▼'} was ${ad.first_pass_rank}</span>`;
}

function ShownAd({ad, page, settings, open}) {
  const explained = page.explain?.ads?.find((each) => each.id === ad.id);
  return html`<li class="ad"><span class="rank">${ad.rank}</span><div>
    <p class="title"><button type="button" class="open" onClick=${() => open(ad)}>
      ${titleParts(ad.title).map((part) => part.isPoint ? html`<mark>${part.text}</mark>` : part.text)}
    </button></p>
    <p class="facts"><span>bid ${money(ad.bid)}</span>
      <span>pCTR ${ad.pctr === null ? '–' : ad.pctr.toFixed(3)}</span>
      <span>price ${money(ad.price)}</span>
      ${Number.isFinite(ad.propensity) && ad.propensity < 1 && html`<span>propensity ${ad.propensity.toFixed(3)}</span>`}
      <${Move} ad=${ad}/></p>
    ${explained && html`<${Why} key=${page.request_id} ad=${ad} explained=${explained} page=${page}/>`}
  </div></li>`;
}

function Columns({page, settings, open}) {
  const shown = new Map(page.ads.map((ad) => [ad.id, ad.rank]));
  return html`<div class="columns">
    <section aria-labelledby="merchants"><h2 id="merchants">As the merchants wrote them</h2>
      <p class="note">The auction's order, and the titles of the feed.</p>
      <ol class="ads">${page.merchants.map((ad) => html`
        <${MerchantAd} key=${ad.id} ad=${ad} shownAt=${shown.get(ad.id)}/>`)}</ol></section>
    <section aria-labelledby="shown"><h2 id="shown">As barker shows them
      ${page.user ? ` to ${page.user}` : ' to a stranger'}</h2>
      <p class="note">Click a title, as the user would: the next search knows it.</p>
      <ol class="ads">${page.ads.map((ad) => html`<${ShownAd} key=${ad.id} ad=${ad} page=${page}
        settings=${settings} open=${open}/>`)}</ol></section></div>`;
}

function Summary({page}) {
  const t = page.timing_us;
  const whole = t.analyse + t.first_pass + t.fetch + t.rescore + t.features;
  return html`<p class="summary" role="status">${[`${page.candidates} ads took part`,
    `${page.status}${page.reason && ` (${page.reason})`} by generation ${page.generation}`,
    `${(whole / 1000).toFixed(2)} ms`].join(' · ')}
    ${page.arms.map(({experiment, arm}) => html`<span class="tag">${experiment}: ${arm}</span>`)}
    ${page.explored && html`<span class="tag">explored: its selling points were drawn</span>`}</p>`;
}

// A search stands in the address, so that a link, a reload or the way back leads to it.
const addressed = (settings) => {
  const address = new URLSearchParams(location.search);
  const users = ['', ...settings.users.map((each) => each.user)], user = address.get('user');
  // A link chooses among the users whom the page offers. To search as another one is the visitor's own act.
  return {q: address.get('q') ?? EXAMPLES[0], features: address.getAll('feature'),
          user: users.includes(user) ? user : settings.users[0]?.user ?? ''};
};
const addressOf = ({q, user, features}) =>
  `?${new URLSearchParams([['q', q], ['user', user], ...features.map((each) => ['feature', each])])}`;

// The histories are written a moment after a click is taken.
const settled = () => new Promise((done) => { setTimeout(done, 150); });

export function Search({settings, reload}) {
  const [typed, setTyped] = useState('');
  const [user, setUser] = useState('');
  const [features, setFeatures] = useState([]);
  const [page, setPage] = useState(null);
  const [told, setTold] = useState('');
  const [failure, setFailure] = useState('');
  const [fresh, setFresh] = useState([]);
  const latest = useRef(0), address = useRef('');

  const run = async (q, as, narrowed) => {
    const mine = ++latest.current;
    const own = addressOf({q, user: as, features: narrowed});
    if (own !== address.current) history.pushState(null, '', own + location.hash);
    address.current = own;
    setFailure('');
    try {
      const found = await api.search(q, as, narrowed);
      if (mine === latest.current) setPage(found);
    } catch (error) {
      if (mine === latest.current) setFailure(error.message);
    }
  };
  const search = (q) => { setTyped(q); setFeatures([]); setTold(''); run(q, user, []); };
  const choose = (id) => { setUser(id); setFresh([]); setTold(''); run(page?.query ?? typed, id, features); };
  const clicked = async (kind, object, position, narrowed, words) => {
    try {
      await api.click(page, kind, object, position);
      await settled();
      await reload();
      setFresh(words);
      setTold(page.user ? `The click is in ${page.user}'s history, and this page was searched with it.`
        : 'The click is in the log. Nobody remembers a stranger, so the titles stay as they are.');
    } catch (error) { setFailure(error.message); }
    setFeatures(narrowed);
    await run(page.query, page.user, narrowed);
  };
  const pick = (sf) => clicked('sf_click', sf.keyword, sf.position, [...features, sf.keyword], [sf.keyword]);
  const drop = (feature) => {
    const left = features.filter((each) => each !== feature);
    setFeatures(left);
    run(page.query, page.user, left);
  };
  const open = (ad) => {
    const words = page.explain?.ads?.find((each) => each.id === ad.id)?.attention ?? [];
    clicked('ad_click', ad.id, ad.rank, features, words.map((each) => each.keyword));
  };
  // This is also called where only the view changed.
  const follow = () => {
    const wanted = addressed(settings);
    if (addressOf(wanted) === address.current) return;
    address.current = addressOf(wanted);
    setTyped(wanted.q);
    setUser(wanted.user);
    setFeatures(wanted.features);
    setFresh([]);
    setTold('');
    run(wanted.q, wanted.user, wanted.features);
  };
  useEffect(() => {
    follow();
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  return html`
    <h1 class="unseen">Search</h1>
    <div class="ask">
      <${SearchBox} typed=${typed} setTyped=${setTyped} search=${search}/>
      <p class="examples">Try ${EXAMPLES.map((each) => html`<button type="button" class="quiet"
        onClick=${() => search(each)}>${each}</button>`)}</p>
      <${People} users=${settings.users} user=${user} choose=${choose}/>
      <${History} users=${settings.users} user=${user} fresh=${fresh}/>
    </div>
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    ${page && html`<${Chips} page=${page} features=${features} pick=${pick} drop=${drop}/>
      <${Summary} page=${page}/>
      ${told && html`<p class="told" role="status">${told}</p>`}
      ${page.ads.length === 0 ? html`<p class="empty">No ad matches “${page.query}”.</p>`
        : html`<${Columns} page=${page} settings=${settings} open=${open}/>`}`}`;
}
