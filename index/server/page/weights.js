// The weights view: what `barker inspect` says of the file that serves, its model card first.
import { html, useEffect, useState } from './standalone.module.js';
import { ask } from './api.js';

const bytes = (n) => (n < 1 << 20 ? (n / 1024).toFixed(0) + ' KiB' : (n / (1 << 20)).toFixed(1) + ' MiB');

function Facts({ facts }) {
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function WeightsView() {
  const [model, setModel] = useState(null);
  const [problem, setProblem] = useState('');
  useEffect(() => { ask('/v1/model').then(setModel, (e) => setProblem(e.message)); }, []);
  if (problem) return html`<p class="problem" role="alert">${problem}</p>`;
  if (!model) return html`<p class="faint">Reading the weights.</p>`;
  const a = model.architecture;
  return html`<section aria-label="Weights">
    <div class="card"><h2>${model.name} <span class="faint">${model.model}, version ${model.version}</span></h2>
      <${Facts} facts=${[['made', model.created], ['file', model.file], ['size', bytes(model.bytes)], ['keywords', model.keywords],
        ['features', model.features], ['embedding', a.dim + ' wide'], ['hidden layers', a.hidden.join(', ') || 'none'],
        ['second task', a.auxiliary_task ? 'yes: click-through from the title' : 'no'], ['golden vectors', model.golden_vectors],
        ['training data', model.data_digest || '–']]} /></div>
    <div class="card"><h2>How good it is</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Metrics"><table>
        <thead><tr><th scope="col">metric</th><th scope="col">value</th><th scope="col">95% interval</th></tr></thead>
        <tbody>${model.metrics.map((m) => html`<tr key=${m.name}><th scope="row">${m.name}</th><td>${m.value.toFixed(4)}</td>
          <td>${m.low === m.high ? '–' : m.low.toFixed(4) + ' – ' + m.high.toFixed(4)}</td></tr>`)}</tbody></table></div></div>
    <div class="card"><h2>Notes of its maker</h2>
      <${Facts} facts=${Object.entries(model.notes)} /></div>
    <div class="card"><h2>What it reads of a request</h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Groups"><table>
        <thead><tr><th scope="col">group</th><th scope="col">tokens</th><th scope="col">at most</th></tr></thead>
        <tbody>${a.groups.map((g) => html`<tr key=${g.name}><th scope="row">${g.name}</th>
          <td>${g.keywords ? 'keywords' : g.hash_buckets ? 'hashed ids' : 'features'}</td><td>${g.max_tokens || 'all'}</td></tr>`)}</tbody></table></div></div>
    <details class="card"><summary>Tensors</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Tensors"><table>
        <thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">shape</th><th scope="col">size</th></tr></thead>
        <tbody>${model.tensors.map((t) => html`<tr key=${t.name}><th scope="row">${t.name}</th><td>${t.dtype}</td>
          <td>${t.shape.join(' × ')}</td><td>${bytes(t.bytes)}</td></tr>`)}</tbody></table></div></details>
  </section>`;
}
