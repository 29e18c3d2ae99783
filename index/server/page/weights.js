// The view of weights: what the file that serves says of itself.
import {html, useEffect, useState} from './standalone.module.js';
import * as api from './api.js';
import {Token} from './token.js';

const LONG = 80;  // a longer note is folded away
const count = (value) => Number(value).toLocaleString('en');
const bytes = (value) => (value < 1e3 ? `${value} B` : value < 1e6 ? `${(value / 1e3).toFixed(0)} kB` : `${(value / 1e6).toFixed(1)} MB`);

function Facts({list}) {
  return html`<dl class="list">${list.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function Metrics({metrics}) {
  if (metrics.length === 0) return html`<p class="note">The card has no measurements.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Measurements"><table><thead><tr><th scope="col">Measurement</th><th scope="col">Value</th>
    <th scope="col">Interval</th></tr></thead><tbody>${metrics.map((each) => html`<tr><th scope="row">${each.name}</th>
      <td>${each.value.toFixed(4)}</td><td>${each.low.toFixed(4)} to ${each.high.toFixed(4)}</td></tr>`)}</tbody></table></div>`;
}

function Tensors({tensors}) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Tensors"><table><thead><tr><th scope="col">Tensor</th><th scope="col">Type</th><th scope="col">Shape</th>
    <th scope="col">Size</th></tr></thead><tbody>${tensors.map((each) => html`<tr><th scope="row" class="path">${each.name}</th>
      <td>${each.dtype}</td><td>${each.shape.join(' × ')}</td><td>${bytes(each.bytes)}</td></tr>`)}</tbody></table></div>`;
}

function Card({of}) {
  const a = of.architecture, notes = Object.entries(of.notes);
  return html`<section class="card"><h2>Model card</h2>
      <${Facts} list=${[['Name', of.name], ['Version', of.version], ['Model', of.model], ['Created', of.created],
        ['Size', bytes(of.bytes)], ['Keywords', count(of.keywords)], ['Features', count(of.features)],
        ['Golden vectors', of.golden_vectors], ['Digest', of.digest], ['Data', of.data_digest],
        ...notes.filter(([, text]) => text.length <= LONG)]}/>
      ${notes.filter(([, text]) => text.length > LONG).map(([name, text]) => html`<details class="long">
        <summary>${name}</summary><pre tabindex="0">${text}</pre></details>`)}</section>
    <section class="card"><h2>Measurements</h2><${Metrics} metrics=${of.metrics}/></section>
    <section class="card"><h2>Architecture</h2>
      <${Facts} list=${[['Embedding', a.dim], ['Hidden layers', a.hidden.join(', ') || 'none'],
        ['Second task (pCTR)', a.auxiliary_task ? 'yes' : 'no'], ['Attention', a.attention_dim],
        ...a.groups.map((group) => [`Group ${group.name}`, `${group.keywords ? 'keywords' : 'features'}${
          group.max_tokens ? `, the first ${group.max_tokens}` : ''}`])]}/></section>
    <section class="card"><h2>Tensors</h2><${Tensors} tensors=${of.tensors ?? []}/></section>`;
}

export function Weights({settings, isOpen}) {
  const [described, setDescribed] = useState(null);
  const [failure, setFailure] = useState('');
  const load = async () => {
    setFailure('');
    if (!api.token.get()) return setDescribed(null);
    try { setDescribed(await api.weights()); } catch (error) { setDescribed(null); setFailure(error.message); }
  };
  useEffect(() => { if (isOpen) load(); }, [isOpen]);
  if (!isOpen) return null;
  return html`<h1>Weights</h1><${Token} settings=${settings} changed=${load}/>
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    ${described && html`<div class="cards"><${Card} of=${described}/></div>`}`;
}
