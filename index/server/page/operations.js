// The view of operations: speed against the budget, the life of weights, and arms.
import {html, useEffect, useRef, useState} from './standalone.module.js';
import * as api from './api.js';
import {arms, between, buckets, interval, parseMetrics, quantile, total} from './metrics.js';
import {Plot} from './plot.js';
import {Token} from './token.js';

const STAGES = ['analyse', 'first_pass', 'fetch', 'rescore', 'rewrite'];
const EVERY_MS = 2000, KEPT = 150;
const nameOf = (stage) => stage.replace('_', ' ');
const milliseconds = (seconds) => (seconds === null ? '–' : `${(1000 * seconds).toFixed(3)} ms`);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

function Latency({samples, history, settings, isOpen}) {
  const budget = settings.deadline_ms / 1000;
  const row = (name, counts) => ({name, p50: quantile(counts, .5), p99: quantile(counts, .99)});
  const rows = [
    ...STAGES.map((stage) => row(nameOf(stage), buckets(samples, 'barker_stage_duration_seconds', {stage}))),
    row('whole search', buckets(samples, 'barker_http_request_duration_seconds', {route: '/v1/search'})),
  ];
  return html`<section class="card"><h2>Latency by stage</h2>
    <p class="note">Since the start${budget > 0 && `, beside the budget of a search: ${settings.deadline_ms} ms`}.
      Rewriting is a part of rescoring; a whole search also waits for its turn and writes its answer.</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Latency by stage"><table><thead><tr><th scope="col">Stage</th><th scope="col">p50</th>
      <th scope="col">p99</th><th scope="col">p99 of the budget</th></tr></thead>
    <tbody>${rows.map(({name, p50, p99}) => html`<tr><th scope="row">${name}</th>
      <td>${milliseconds(p50)}</td><td>${milliseconds(p99)}</td>
      <td>${budget > 0 && p99 !== null ? html`<meter min="0" max="1" value=${p99 / budget}
        aria-label=${`Share of ${name}`}></meter> ${percent(p99 / budget)}` : '–'}</td></tr>`)}</tbody></table></div>
    <div class="plots">
      <${Plot} title="p99 of the stages, of the last seconds" unit="ms" isOpen=${isOpen} labels=${STAGES.map(nameOf)}
        rows=${history.map((row) => [row.time, ...row.stages])}/>
      <${Plot} title="Searches a second" unit="/s" isOpen=${isOpen} labels=${['searches']}
        rows=${history.map((row) => [row.time, row.rate])}/></div></section>`;
}

function Generation({title, of}) {
  if (!of) return html`<tr><th scope="row">${title}</th><td colspan="5">none</td></tr>`;
  return html`<tr><th scope="row">${title}</th><td><b>${of.generation}</b></td>
    <td class="path">${of.file.split('/').at(-1)}</td><td>${of.queries}</td>
    ${[of.p50_us, of.p99_us].map((us) => html`<td>${of.queries ? `${(us / 1000).toFixed(2)} ms` : '–'}</td>`)}</tr>`;
}

// The file is one of the server's machine: weights are larger than what a browser should send.
function Publish({act}) {
  const [file, setFile] = useState(''), [canary, setCanary] = useState(false);
  const publish = async (event) => {
    event.preventDefault();
    const told = ({version}) => `${version} ${canary ? 'is the canary' : 'serves'}.`;
    if (file.trim() && await act('weights/publish', {file: file.trim(), canary}, told)) setFile('');
  };
  return html`<form class="token publish" onSubmit=${publish}>
    <label for="publish">Weight file on the server</label>
    <input id="publish" type="text" placeholder="/path/new.barker" autocomplete="off" spellcheck=${false}
      value=${file} onInput=${(event) => setFile(event.target.value)}/>
    <label class="check"><input type="checkbox" checked=${canary}
      onChange=${(event) => setCanary(event.target.checked)}/>as the canary</label>
    <button type="submit" class="main">Publish</button></form>`;
}

function Agreement({of}) {
  if (!of || of.compared === 0) return null;
  const mean = (value, write) => (value === null ? '–' : write(value));
  return html`<p class="note">Of ${of.compared} compared queries: ${mean(of.top_overlap, percent)} of the first ten
    ads and ${mean(of.same_selling_points, percent)} of the selling points are the same; the rank correlation
    is ${mean(of.rank_correlation, (value) => value.toFixed(3))}.</p>`;
}

function Shares({status, act}) {
  // Where a slider was moved to; without that, it stands where the server's share is.
  const [moved, setMoved] = useState({});
  const shareOf = (id) => moved[id] ?? Math.round(100 * (status.shares?.[id] ?? 0));
  const slider = (id, label) => html`<div class="slider">
    <label for=${id}>${label}</label>
    <input id=${id} type="range" min="0" max="100" step="1" value=${shareOf(id)}
      onInput=${(event) => setMoved({...moved, [id]: Number(event.target.value)})}/>
    <output for=${id}>${shareOf(id)}%</output></div>`;
  const set = async () => {
    const [served, compared] = ['served', 'compared'].map(shareOf);
    const told = `The canary serves ${served}% of the users.`;
    if (await act('canary', {served: served / 100, compared: compared / 100}, () => told)) setMoved({});
  };
  return html`<div class="shares"><h3>Canary</h3>
    ${slider('served', 'Users who are served by it')}
    ${slider('compared', 'Queries that are asked of both')}
    <button type="button" class="main" disabled=${!status.canary} onClick=${set}>Set the shares</button>
    ${!status.canary && html`<p class="note">There is no canary: publish one.</p>`}
    ${!status.shares && html`<p class="note">Until they are set here, the shares are those of the plugin's
      configuration (<code>[canary]</code>).</p>`}
    <${Agreement} of=${status.agreement}/></div>`;
}

// What a status says of files that were not taken.
const WARNINGS = {
  weights_fault: 'The weights that CURRENT names do not serve; those before them do. ',
  canary_fault: 'The weights with the label canary are no canary. ',
  rules_fault: 'The newest rules are not in force; those before them are. ',
  experiments_fault: 'The newest experiments are not in force; those before them are. ',
};

function Weights({settings, status, failure, act, changed, told, isOpen}) {
  return html`<section class="card" aria-labelledby="generations"><h2 id="generations">Generations</h2>
    ${isOpen && html`<${Token} settings=${settings} changed=${changed}/>`}
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    ${told && html`<p class="told" role="status">${told}</p>`}
    ${Object.entries(WARNINGS).map(([name, text]) => status?.[name] && html`<p class="failure">${text}${status[name]}</p>`)}
    ${status && html`<div class="scroll" tabindex="0" role="region" aria-label="Generations"><table><thead><tr><th scope="col">Role</th>
      <th scope="col">Generation</th><th scope="col">File</th><th scope="col">Queries</th>
      <th scope="col">p50</th><th scope="col">p99</th></tr></thead><tbody>
      <${Generation} title="serves" of=${status.serving}/><${Generation} title="canary" of=${status.canary}/>
    </tbody></table></div>
    <${Publish} act=${act}/>
    <div class="actions">
      <button type="button" onClick=${() => act('weights/load', {}, () => 'Looked for new weights.')}>Load what was published</button>
      <button type="button" onClick=${() => act('weights/rollback', {}, () => 'The weights before serve again.')}>Roll back</button>
      <button type="button" disabled=${!status.canary}
        onClick=${() => act('weights/promote', {}, () => 'The canary is CURRENT.')}>Promote the canary</button></div>
    <p class="note">A published file is checked and copied into the weights directory, which the server
      follows. <code>barker publish FILE --out DIR</code> does the same.</p>
    ${status.weights_rolled_back && html`<p class="note">The weights that CURRENT names were taken back.
      Without <code>barker rollback DIR</code> the next start loads them again.</p>`}
    <${Shares} status=${status} act=${act}/>`}</section>`;
}

function Arms({samples}) {
  const list = arms(samples);
  return html`<section class="card"><h2>Arms</h2>${list.length === 0
    ? html`<p class="empty">No experiment has shown a page since the start. <code>weights.experiments</code> names the
      file of experiments.</p>`
    : html`<p class="note">Since the start. The intervals (Wilson) take each impression for independent of the
      others; <code>barker abtest</code> reads the log and takes users as units.</p><div class="scroll" tabindex="0" role="region" aria-label="Arms"><table><thead><tr><th scope="col">Experiment</th><th scope="col">Arm</th>
      <th scope="col">Policy</th><th scope="col">Impressions</th><th scope="col">Clicks</th><th scope="col">CTR</th>
      <th scope="col">95% interval</th><th scope="col">Opt-outs</th></tr></thead><tbody>${list.map((arm) => html`<tr>
        <th scope="row">${arm.experiment}</th><td>${arm.arm}</td><td><code>${arm.policy ?? '–'}</code></td><td>${arm.impressions}</td><td>${arm.clicks}</td>
        <td>${arm.impressions ? percent(arm.clicks / arm.impressions) : '–'}</td>
        <td>${interval(arm.clicks, arm.impressions).map(percent).join(' to ')}</td>
        <td>${arm.optOuts}</td></tr>`)}</tbody></table></div>`}</section>`;
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
  const [refused, setRefused] = useState('');  // why the last command did nothing; it stays until the next
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
  // Returns whether the command was carried out; `told` makes a sentence of its answer.
  const act = async (name, body, told) => {
    setTold('');
    setRefused('');
    try {
      const answer = await api.command(name, body);
      await look();
      setTold(told(answer));
      return true;
    } catch (error) {
      setRefused(error.message);
      return false;
    }
  };
  useEffect(() => {
    if (!isOpen) return undefined;
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, [isOpen]);
  return html`<h1>Operations</h1><div class="cards">
    <${Latency} samples=${samples} history=${history} settings=${settings} isOpen=${isOpen}/>
    <${Weights} settings=${settings} status=${status} failure=${refused || failure} told=${told} act=${act} changed=${look}
      isOpen=${isOpen}/>
    <${Arms} samples=${samples}/></div>`;
}
