// The search view: one page as the merchants wrote it and as barker shows it to this user.
import { html, useEffect, useRef, useState } from './standalone.module.js';
import { ask, attraction, click, search, token } from './api.js';
import { ShadedTitle, Title } from './titles.js';

const kVisitor = (() => {
  const known = localStorage.getItem('barker-visitor');
  if (known) return known;
  const made = 'visitor-' + Math.random().toString(36).slice(2, 12);
  localStorage.setItem('barker-visitor', made);
  return made;
})();

const percent = (p) => (p === null || p === undefined ? '–' : (p * 100).toFixed(p < 0.1 ? 1 : 0) + '%');
const money = (x) => (x === null || x === undefined ? '–' : x.toFixed(2));

function SearchBox({ query, onSearch }) {
  const [text, setText] = useState(query);
  const [found, setFound] = useState([]);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const asked = useRef(0);

  const type = async (value) => {
    setText(value);
    setActive(-1);
    const number = ++asked.current;
    if (!value.trim()) return setFound([]);
    try {
      const { suggestions } = await ask('/v1/suggest?q=' + encodeURIComponent(value));
      if (number !== asked.current) return;  // an answer to what was typed before
      setFound(suggestions);
      setOpen(suggestions.length > 0);
    } catch {
      setFound([]);
    }
  };
  const go = (value) => {
    ++asked.current;
    setText(value);
    setOpen(false);
    if (value.trim()) onSearch(value.trim());
  };
  const key = (event) => {
    if (event.key === 'Escape') setOpen(false);
    if (!open || !found.length) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((active + step + found.length + 1) % (found.length + 1) || (step > 0 ? 0 : found.length - 1));
    }
  };
  return html`<form class="search-box" role="search" onSubmit=${(e) => {
    e.preventDefault();
    go(open && active >= 0 && found[active] ? found[active] : text);
  }}>
    <div class="combo">
      <input type="search" aria-label="Search" placeholder="Search the marketplace" autocomplete="off"
        role="combobox" aria-expanded=${open ? 'true' : 'false'} aria-controls="suggestions" aria-autocomplete="list"
        aria-activedescendant=${open && active >= 0 ? 'suggestion-' + active : undefined}
        value=${text} onInput=${(e) => type(e.target.value)} onKeyDown=${key}
        onBlur=${() => setTimeout(() => setOpen(false), 150)} />
      <ul id="suggestions" role="listbox" aria-label="Suggestions" hidden=${!open}>
        ${found.map((s, i) => html`<li id=${'suggestion-' + i} role="option" key=${s}
          aria-selected=${i === active ? 'true' : 'false'} class=${i === active ? 'active' : ''}
          onMouseDown=${(e) => { e.preventDefault(); go(s); }}>${s}</li>`)}
      </ul>
    </div>
    <button class="primary">Search</button>
  </form>`;
}

function UserPicker({ users, user, onPick }) {
  const [other, setOther] = useState('');
  const isOther = user && !users.includes(user);
  return html`<fieldset class="users"><legend>Search as</legend>
    ${[...users, ''].map((id) => html`<label key=${id} class=${'pill' + (user === id ? ' chosen' : '')}>
      <input type="radio" name="user" value=${id} checked=${user === id} onChange=${() => onPick(id)} />
      ${id || 'a stranger'}</label>`)}
    <form onSubmit=${(e) => { e.preventDefault(); if (other.trim()) onPick(other.trim()); }}>
      <input class=${'other' + (isOther ? ' chosen' : '')} aria-label="Another user's id" placeholder="another id"
        value=${other} onInput=${(e) => setOther(e.target.value)} />
    </form></fieldset>`;
}

function Chips({ sfs, chosen, onClick, onClear }) {
  if (!sfs.length && !chosen.length) return null;
  return html`<div class="chips" role="group" aria-label="Filters: what attracts this user first">
    ${chosen.map((f) => html`<button key=${f} class="chip chosen" aria-pressed="true" onClick=${() => onClear(f)}>
      ${f} <span aria-hidden="true">×</span></button>`)}
    ${sfs.map((sf) => html`<button key=${sf.keyword} class="chip" aria-pressed="false"
      title=${'P(attracted) ' + percent(sf.attraction) + ', shown here with probability ' + percent(sf.propensity)}
      onClick=${() => onClick(sf)}>${sf.keyword} <span class="faint">${percent(sf.attraction)}</span></button>`)}
  </div>`;
}

function Bar({ value, label }) {
  return html`<span class="bar" role="img" aria-label=${label}><i class=${'w' + Math.round(Math.min(1, Math.abs(value)) * 20)}></i></span>`;
}

// Why an ad's selling points were chosen: every candidate with its probability and verdict, the keywords
// of the history that moved the chosen ones most, the title as the attention reads it.
function Why({ ad, explained, query, user }) {
  const [moved, setMoved] = useState(null);
  const [problem, setProblem] = useState('');
  const points = explained?.selling_points || [];
  useEffect(() => {
    const chosen = ad.selling_points.map((p) => p.text);
    if (!chosen.length) return;
    attraction(query, user, chosen, 5).then((a) => setMoved(a.points), (e) => setProblem(e.message));
  }, [ad.id, query, user]);
  return html`<div class="why">
    <h4>Candidates</h4>
    ${points.length === 0 && html`<p class="faint">This ad has no selling points to choose from, or its merchant opted out.</p>`}
    <ul class="candidates">${points.map((p) => html`<li key=${p.text}>
      <span>${p.text}</span> <${Bar} value=${p.score || 0} label=${'P(attracted) ' + percent(p.score)} />
      <b>${percent(p.score)}</b> <span class="faint">${p.verdict}</span></li>`)}</ul>
    ${moved && html`<h4>What in the history moved it</h4>
      ${moved.map((p) => html`<p key=${p.text}><mark>${p.text}</mark> ${p.influences.length
        ? p.influences.map((i) => html`<span key=${i.keyword} class=${'moved ' + (i.change > 0 ? 'up' : 'down')}
            >${i.keyword} ${i.change > 0 ? '+' : '−'}${Math.abs(i.change * 100).toFixed(1)}</span> `)
        : html`<span class="faint">nothing; it is as for a stranger</span>`}</p>`)}`}
    ${problem && html`<p class="faint">${problem}</p>`}
    ${explained?.attention && html`<h4>What the click model reads in the title</h4>
      <p><${ShadedTitle} text=${ad.original_title} attention=${explained.attention} /></p>`}
    <dl class="facts"><div><dt>score</dt><dd>${ad.score.toPrecision(3)}</dd></div>
      <div><dt>first pass</dt><dd>rank ${ad.first_pass_rank}</dd></div>
      <div><dt>match</dt><dd>${ad.match}${ad.term ? ' “' + ad.term + '”' : ''}</dd></div>
      <div><dt>shown with probability</dt><dd>${percent(ad.propensity)}</dd></div></dl>
  </div>`;
}

function Result({ ad, explained, query, user, onOpen }) {
  const [open, setOpen] = useState(false);
  const moved = ad.first_pass_rank - ad.rank;
  return html`<li class="result">
    <button class="result-title" onClick=${() => onOpen(ad)}><${Title} text=${ad.title} /></button>
    <div class="meta"><span class="rank" title="its rank before rescoring"
        >${moved === 0 ? '=' : moved > 0 ? '▲' + moved : '▼' + -moved}<span class="sr"> against the auction</span></span>
      <span>bid ${money(ad.bid)}</span><span>price ${money(ad.price)}</span><span>pCTR ${percent(ad.pctr)}</span>
      <button class="link" aria-expanded=${open ? 'true' : 'false'} onClick=${() => setOpen(!open)}>why</button></div>
    ${open && html`<${Why} ad=${ad} explained=${explained} query=${query} user=${user} />`}
  </li>`;
}

export function SearchView({ settings }) {
  const start = new URLSearchParams(location.hash.split('?')[1] || '');
  const [query, setQuery] = useState(start.get('q') || '');
  const [user, setUser] = useState(start.get('user') ?? settings.users[0] ?? '');
  const [features, setFeatures] = useState([]);
  const [page, setPage] = useState(null);
  const [problem, setProblem] = useState('');
  const [said, setSaid] = useState('');
  const [round, setRound] = useState(0);

  useEffect(() => {
    if (!query) return;
    let isCurrent = true;
    history.replaceState(null, '', '#/?' + new URLSearchParams({ q: query, user }));
    search(query, user, features, kVisitor).then((answer) => {
      if (!isCurrent) return;
      setPage(answer);
      setProblem('');
    }, (e) => { if (isCurrent) setProblem(e.message); });
    return () => { isCurrent = false; };
  }, [query, user, features, round]);

  const tell = async (kind, object, position, words) => {
    try {
      const answer = await click(page, user, kind, object, position);
      const [event] = answer.events;
      setSaid(event.outcome === 'accepted'
        ? words + (user ? ' The next search knows it.' : ' A stranger has no history, so nothing is remembered.')
        : 'The click was ' + event.outcome + ': ' + (event.reason || ''));
    } catch (e) {
      setSaid(e.message);
    }
    // The history is written beside the query path, so that the next search may come too early.
    setTimeout(() => setRound((r) => r + 1), 150);
  };
  const chip = (sf) => {
    tell('sf_click', sf.keyword, sf.position, 'Clicked “' + sf.keyword + '”.');
    setFeatures([...features, sf.keyword]);
  };
  const explained = Object.fromEntries((page?.explain?.ads || []).map((a) => [a.id, a]));
  const plain = page ? [...page.ads].sort((a, b) => a.first_pass_rank - b.first_pass_rank) : [];
  return html`<section aria-label="Search">
    <${SearchBox} query=${query} onSearch=${(q) => { setFeatures([]); setQuery(q); setRound(round + 1); }} />
    <${UserPicker} users=${settings.users} user=${user} onPick=${setUser} />
    <p class="said" role="status">${said}</p>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${!query && html`<div class="empty"><p>Search for something, such as
      ${['wireless headphones', 'running shoes', '面膜'].map((q) => html`<button class="link" key=${q}
        onClick=${() => setQuery(q)}>${q}</button> `)}, and change the user.</p></div>`}
    ${page && html`<${Chips} sfs=${page.sfs || []} chosen=${features} onClick=${chip}
        onClear=${(f) => setFeatures(features.filter((x) => x !== f))} />
      <p class="summary"><b>${page.status}</b>${page.reason ? ' (' + page.reason + ')' : ''} by generation ${page.generation}
        in ${(page.timing_us.first_pass + page.timing_us.rescore).toFixed(0)} µs${page.arms.map((a) => html`
        <span class="arm" key=${a.experiment}>${a.experiment}: ${a.arm}</span>`)}</p>
      <div class="sides" data-user=${page.user} data-query=${page.query}>
        <section aria-labelledby="plain-heading"><h2 id="plain-heading">As the merchants wrote them</h2>
          <ol class="results plain">${plain.map((ad) => html`<li class="result" key=${ad.id}>
            <span class="title" dir="auto">${ad.original_title}</span>
            <div class="meta"><span>bid ${money(ad.bid)}</span></div></li>`)}</ol></section>
        <section aria-labelledby="shown-heading"><h2 id="shown-heading">As barker shows them to ${page.user || 'a stranger'}</h2>
          <ol class="results shown">${page.ads.map((ad) => html`<${Result} key=${ad.id} ad=${ad} explained=${explained[ad.id]}
            query=${query} user=${user}
            onOpen=${(a) => tell('ad_click', a.id, a.rank, 'Clicked the ad at rank ' + a.rank + '.')} />`)}</ol>
          ${page.ads.length === 0 && html`<p class="faint">No ad takes part in this auction.</p>`}</section>
      </div>`}
  </section>`;
}
