// The view of operations: speed against the budget, the life of weights, and arms.
import {html, useEffect, useRef, useState} from './standalone.module.js';
import * as api from './api.js';
import {arms, between, buckets, interval, parseMetrics, quantile, total} from './metrics.js';
import {Plot} from './plot.js';
import {Token} from './token.js';

const STAGES = ['analyse', 'first_pass', 'fetch', 'rescore', 'rewrite'];
const EVERY_MS = 2000, KEPT = 150;
const milliseconds = (seconds) => (seconds === null ? '–' : `${(1000 * seconds).toFixed(3)} ms`);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

function Latency({samples, history, settings, isOpen}) {
  const budget = settings.deadline_ms / 1000;
  const rows = STAGES.map((stage) => {
    const counts = buckets(samples, 'barker_stage_duration_seconds', {stage});
    return {stage, p50: quantile(counts, .5), p99: quantile(counts, .99)};
  });
  return html`<section class="card"><h2>Latency by stage</h2>
    <p class="note">Since the start${budget > 0 && `, beside the budget of a search: ${settings.deadline_ms} ms`}.
      Rewriting is a part of rescoring.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Latency by stage"><table><thead><tr><th scope="col">Stage</th><th scope="col">p50</th>
      <th scope="col">p99</th><th scope="col">p99 of the budget</th></tr></thead>
    <tbody>${rows.map(({stage, p50, p99}) => html`<tr><th scope="row">${stage.replace('_', ' ')}</th>
      <td>${milliseconds(p50)}</td><td>${milliseconds(p99)}</td>
      <td>${budget > 0 && p99 !== null ? html`<meter min="0" max="1" value=${p99 / budget}
        aria-label=${`Share of ${stage}`}></meter> ${percent(p99 / budget)}` : '–'}</td></tr>`)}</tbody></table></div>
    <div class="plots">
      <${Plot} title="p99 of the stages, of the last seconds" unit="ms" isOpen=${isOpen} labels=${STAGES}
        rows=${history.map((row) => [row.time, ...row.stages])}/>
      <${Plot} title="Searches a second" unit="/s" isOpen=${isOpen} labels=${['searches']}
        rows=${history.map((row) => [row.time, row.rate])}/></div></section>`;
}

function Generation({title, of}) {
  if (!of) return html`<tr><th scope="row">${title}</th><td colspan="5">none</td></tr>`;
  return html`<tr><th scope="row">${title}</th><td><b>${of.generation}</b></td>
    <td class="path">${of.file.split('/').at(-1)}</td><td>${of.queries}</td>
    <td>${(of.p50_us / 1000).toFixed(2)} ms</td><td>${(of.p99_us / 1000).toFixed(2)} ms</td></tr>`;
}

function Shares({status, act}) {
  const [served, setServed] = useState(0), [compared, setCompared] = useState(0);
  const slider = (id, label, value, set) => html`<div class="slider">
    <label for=${id}>${label}</label>
    <input id=${id} type="range" min="0" max="100" step="1" value=${value}
      onInput=${(event) => set(Number(event.target.value))}/><output for=${id}>${value}%</output></div>`;
  return html`<div class="shares"><h3>Canary</h3>
    ${slider('served', 'Users who are served by it', served, setServed)}
    ${slider('compared', 'Queries that are asked of both', compared, setCompared)}
    <button type="button" class="main" disabled=${!status?.canary}
      onClick=${() => act('canary', {served: served / 100, compared: compared / 100},
                          `The canary serves ${served}% of the users.`)}>Set the shares</button>
    ${!status?.canary && html`<p class="note">There is no canary.
      <code>barker publish FILE --out DIR --label canary</code> makes one.</p>`}</div>`;
}

function Weights({settings, status, failure, act, changed, told, isOpen}) {
  return html`<section class="card"><h2>Generations</h2>
    ${isOpen && html`<${Token} settings=${settings} changed=${changed}/>`}
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    ${told && html`<p class="told" role="status">${told}</p>`}
    ${status && html`<div class="scroll" tabindex="0" role="region" aria-label="Generations"><table><thead><tr><th scope="col">Role</th>
      <th scope="col">Generation</th><th scope="col">File</th><th scope="col">Queries</th>
      <th scope="col">p50</th><th scope="col">p99</th></tr></thead><tbody>
      <${Generation} title="serves" of=${status.serving}/><${Generation} title="canary" of=${status.canary}/>
    </tbody></table></div>
    <div class="actions">
      <button type="button" onClick=${() => act('weights/load', {}, 'Looked for new weights.')}>Load what was published</button>
      <button type="button" onClick=${() => act('weights/rollback', {}, 'The weights before serve again.')}>Roll back</button>
      <button type="button" disabled=${!status.canary}
        onClick=${() => act('weights/promote', {}, 'The canary is CURRENT.')}>Promote the canary</button></div>
    <p class="note">New weights come with <code>barker publish FILE --out DIR</code>; the server follows the
      directory.</p>
    <${Shares} status=${status} act=${act}/>`}</section>`;
}

function Arms({samples}) {
  const list = arms(samples);
  return html`<section class="card"><h2>Arms</h2>${list.length === 0
    ? html`<p class="empty">No experiment has shown a page since the start.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Arms"><table><thead><tr><th scope="col">Experiment</th><th scope="col">Arm</th>
      <th scope="col">Impressions</th><th scope="col">Clicks</th><th scope="col">CTR</th>
      <th scope="col">95% interval</th></tr></thead><tbody>${list.map((arm) => html`<tr>
        <th scope="row">${arm.experiment}</th><td>${arm.arm}</td><td>${arm.impressions}</td><td>${arm.clicks}</td>
        <td>${arm.impressions ? percent(arm.clicks / arm.impressions) : '–'}</td>
        <td>${interval(arm.clicks, arm.impressions).map(percent).join(' to ')}</td></tr>`)}</tbody></table></div>`}</section>`;
}

// One more row of the plots, of what was counted since the last scrape.
function row(samples, before, time) {
  const counts = (of, stage) => buckets(of, 'barker_stage_duration_seconds', {stage});
  return {
    time: time / 1000,
    stages: STAGES.map((stage) => {
      const p99 = quantile(between(counts(samples, stage), counts(before.samples, stage)), .99);
      return p99 === null ? null : 1000 * p99;
    }),
    rate: (total(samples, 'barker_searches_total') - total(before.samples, 'barker_searches_total')) /
      ((time - before.time) / 1000),
  };
}

export function Operations({settings, isOpen}) {
  const [samples, setSamples] = useState([]);
  const [history, setHistory] = useState([]);
  const [status, setStatus] = useState(null);
  const [failure, setFailure] = useState('');
  const [told, setTold] = useState('');
  const before = useRef(null);

  const look = async () => {
    try {
      const read = parseMetrics(await api.metrics()), time = Date.now();
      const last = before.current;
      if (last) setHistory((rows) => [...rows.slice(1 - KEPT), row(read, last, time)]);
      before.current = {samples: read, time};
      setSamples(read);
      setStatus(api.token.get() ? await api.status() : null);
      setFailure('');
    } catch (error) { setFailure(error.message); setStatus(null); }
  };
  const act = async (name, body, done) => {
    try {
      await api.command(name, body);
      await look();
      setTold(done);
    } catch (error) { setTold(''); setFailure(error.message); }
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  return html`<h1>Operations</h1><div class="cards">
    <${Latency} samples=${samples} history=${history} settings=${settings} isOpen=${isOpen}/>
    <${Weights} settings=${settings} status=${status} failure=${failure} told=${told} act=${act} changed=${look}
      isOpen=${isOpen}/>
    <${Arms} samples=${samples}/></div>`;
}
