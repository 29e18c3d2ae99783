// Why an ad is shown as it is: the probabilities of its selling points, which parts of the history moved
// those that were chosen, and where in the title the model looks.
import {html, useState} from './standalone.module.js';
import * as api from './api.js';
import {shadedTitle} from './titles.js';

const points = (value) => `${value >= 0 ? '+' : '−'}${Math.abs(100 * value).toFixed(1)}`;

const share = (weight) => `${(100 * weight).toFixed(0)}%`;

function Candidates({list}) {
  return html`<table class="points"><caption>Its selling points, by how likely they attract</caption>
    <thead><tr><th scope="col">Selling point</th><th scope="col">Probability</th><th scope="col">Verdict</th></tr></thead>
    <tbody>${[...list].sort((a, b) => (b.score ?? -1) - (a.score ?? -1)).map((point) => html`
      <tr class=${point.verdict === 'chosen' ? 'is-chosen' : ''}><th scope="row">${point.text}</th>
        <td>${point.score === null ? 'unknown' : html`<meter min="0" max="1" value=${point.score}
          aria-label=${`Probability of ${point.text}`}></meter> ${(100 * point.score).toFixed(0)}%`}</td>
        <td>${point.verdict}</td></tr>`)}</tbody></table>`;
}

function Moved({moved}) {
  if (moved === null) return html`<p class="note">Asking…</p>`;
  if (typeof moved === 'string') return html`<p class="note">${moved}</p>`;
  return moved.map((point) => html`<p class="moved">
    What moved <mark>${point.text}</mark>${point.moved_by.length === 0 ? ': nothing of the history.' : html`,
    in percentage points: ${point.moved_by.map((each) => html`<span class="tag">${each.token}
      <b>${points(point.score - each.without)}</b></span> `)}`}</p>`);
}

function Attention({ad, attention}) {
  const most = Math.max(...attention.map((each) => each.weight));
  return html`<p class="attention"><span class="label">Where the model looks: the darker, the more</span>
    ${shadedTitle(ad.original_title, attention).map((part) => part.weight === null ? part.text
      : html`<span class=${`shade s${Math.ceil(5 * part.weight / most)}`}
          title=${`${share(part.weight)} of the attention`}>${part.text}<span class="unseen"> (${share(part.weight)})</span></span>`)}</p>`;
}

export function Why({ad, explained, page}) {
  const [moved, setMoved] = useState(null);
  const chosen = ad.selling_points.map((point) => point.text);
  const onToggle = async (event) => {
    if (!event.target.open || moved !== null) return;
    if (!page.user) return setMoved('A stranger has no history that could move anything.');
    if (chosen.length === 0) return setMoved('No selling point was put before the title.');
    try {
      setMoved((await api.influence(page.query, page.user, chosen)).selling_points);
    } catch (error) { setMoved(error.message); }
  };
  return html`<details class="why" onToggle=${onToggle}>
    <summary>Why<span class="unseen"> is it shown like this: ${ad.original_title}</span>
      ${ad.selling_points.length > 0 && html`<span class="brief" aria-hidden="true">
        ${ad.selling_points.map((p) => `${p.text} ${(100 * p.score).toFixed(0)}%`).join(' · ')}</span>`}</summary>
    <div class="body">
      ${explained.selling_points && html`<${Candidates} list=${explained.selling_points}/>`}
      <${Moved} moved=${moved}/>
      ${explained.attention && html`<${Attention} ad=${ad} attention=${explained.attention}/>`}
    </div></details>`;
}
