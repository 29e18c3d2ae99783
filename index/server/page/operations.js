// The operations view: latency by stage against the budget, the generations and what can be done with
// them, the arms of experiments. It looks every two seconds.
import { html, useEffect, useRef, useState } from './standalone.module.js';
import { ask, parseMetrics, token } from './api.js';

const kStages = ['analyse', 'first_pass', 'fetch', 'rescore', 'rewrite'];
const kKept = 150;  // looks

// Cumulative counts of a histogram's buckets by stage: {stage: [[le, count], ...]}.
function bucketsOf(families) {
  const stages = {};
  for (const { labels, value } of families['barker_stage_duration_seconds_bucket'] || []) {
    (stages[labels.stage] ||= []).push([labels.le === '+Inf' ? Infinity : Number(labels.le), value]);
  }
  return stages;
}

// A quantile, in microseconds, of what was counted between two looks; null where nothing was.
function quantile(now, before, q) {
  const counts = now.map(([bound, count], i) => [bound, count - (before?.[i]?.[1] || 0)]);
  const all = counts.at(-1)?.[1] || 0;
  if (all <= 0) return null;
  let low = 0, below = 0;
  for (const [bound, count] of counts) {
    if (count >= q * all) {
      const high = Number.isFinite(bound) ? bound : low * 2;
      return (low + (high - low) * ((q * all - below) / Math.max(1, count - below))) * 1e6;
    }
    [low, below] = [bound, count];
  }
  return null;
}

const micro = (us) => (us === null || us === undefined ? '–' : us < 1000 ? us.toFixed(0) + ' µs' : (us / 1000).toFixed(1) + ' ms');

function Plot({ times, series, unit, label }) {
  const place = useRef(null);
  const plot = useRef(null);
  const style = () => getComputedStyle(document.documentElement);
  useEffect(() => {
    const color = (name) => style().getPropertyValue(name).trim();
    const axis = { stroke: color('--faint'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } };
    const make = () => new window.uPlot({
      width: place.current.clientWidth, height: 190, legend: { show: false }, cursor: { show: false },
      scales: { x: { time: true } },
      axes: [axis, { ...axis, size: 60, values: (u, values) => values.map((v) => v + ' ' + unit) }],
      series: [{}, ...series.map((s) => ({ label: s.label, stroke: color(s.color), width: 2, dash: s.dash, spanGaps: true }))],
    }, [times, ...series.map((s) => s.values)], place.current);
    plot.current = make();
    const resized = new ResizeObserver(() => plot.current.setSize({ width: place.current.clientWidth, height: 190 }));
    resized.observe(place.current);
    return () => { resized.disconnect(); plot.current.destroy(); };
  }, [series.length]);
  useEffect(() => { plot.current?.setData([times, ...series.map((s) => s.values)]); });
  return html`<figure><div ref=${place} class="plot" role="img" aria-label=${label}></div>
    <figcaption>${series.map((s) => html`<span key=${s.label}><i class=${'key ' + s.color.slice(2)}></i>${s.label}</span>`)}</figcaption></figure>`;
}

function Latency({ looks, deadline }) {
  const last = looks.at(-1), first = looks[0];
  if (!last) return html`<p class="faint">Waiting for the first look.</p>`;
  const rows = kStages.map((stage) => ({
    stage,
    p50: last.stages[stage] ? quantile(last.stages[stage], first === last ? undefined : first.stages[stage], 0.5) : null,
    p99: last.stages[stage] ? quantile(last.stages[stage], first === last ? undefined : first.stages[stage], 0.99) : null,
  }));
  const times = looks.slice(1).map((l) => l.time);
  const of = (q) => looks.slice(1).map((l, i) => {
    const us = quantile(l.stages.rescore || [], looks[i].stages.rescore, q);
    return us === null ? null : us / 1000;
  });
  const budget = deadline * 1000;
  return html`<table><caption>Stages since this view was opened; a search has ${deadline} ms</caption>
    <thead><tr><th scope="col">stage</th><th scope="col">p50</th><th scope="col">p99</th><th scope="col">p99 of the budget</th></tr></thead>
    <tbody>${rows.map((r) => html`<tr key=${r.stage}><th scope="row">${r.stage.replace('_', ' ')}</th>
      <td>${micro(r.p50)}</td><td>${micro(r.p99)}</td>
      <td>${r.p99 === null || !budget ? '–' : ((r.p99 / budget) * 100).toFixed(1) + '%'}</td></tr>`)}</tbody></table>
    <${Plot} times=${times} unit="ms" label="Rescoring, p50 and p99 over time"
      series=${[{ label: 'rescore p50', color: '--accent', values: of(0.5) }, { label: 'rescore p99', color: '--warm', values: of(0.99) }]} />`;
}

function TokenBox({ onChange }) {
  const [text, setText] = useState('');
  return html`<form class="token" onSubmit=${(e) => { e.preventDefault(); token.set(text.trim()); onChange(); }}>
    <label>Administrator's token <input type="password" autocomplete="off" value=${text} onInput=${(e) => setText(e.target.value)} /></label>
    <button class="primary">Unlock</button></form>`;
}

function Share({ name, value, onSet, disabled }) {
  const [now, setNow] = useState(null);
  const shown = now ?? Math.round(value * 100);
  return html`<label class="share">${name} <b>${shown}%</b>
    <input type="range" min="0" max="100" step="1" value=${shown} disabled=${disabled}
      onInput=${(e) => setNow(Number(e.target.value))}
      onChange=${(e) => { onSet(Number(e.target.value) / 100); setNow(null); }} /></label>`;
}

function Generations({ settings }) {
  const [status, setStatus] = useState(null);
  const [problem, setProblem] = useState('');
  const [said, setSaid] = useState('');
  const [shares, setShares] = useState({ served: 0, compared: 0 });
  const [isLocked, setIsLocked] = useState(!token.get());
  const look = () => ask('/v1/admin/status', { admin: true }).then(
    (s) => { setStatus(s); setProblem(''); },
    (e) => { if (e.status === 401) { token.set(''); setIsLocked(true); } setProblem(e.message); });
  useEffect(() => {
    if (isLocked) return;
    look();
    const timer = setInterval(look, 2000);
    return () => clearInterval(timer);
  }, [isLocked]);
  if (!settings.has_token) {
    return html`<p class="faint">Administrators' calls are off: the server was started without a token.</p>`;
  }
  if (isLocked) {
    return html`${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <${TokenBox} onChange=${() => { setProblem(''); setIsLocked(!token.get()); }} />`;
  }
  const act = async (path, words, body) => {
    try {
      await ask(path, { method: 'POST', body, admin: true });
      setSaid(words);
      setProblem('');
    } catch (e) {
      setProblem(e.message);
    }
    look();
  };
  const share = (changed) => {
    const next = { ...shares, ...changed };
    setShares(next);
    act('/v1/admin/canary', 'The canary serves ' + Math.round(next.served * 100) + '% of the users.', next);
  };
  const row = (role, g) => html`<tr><th scope="row">${role}</th>${g
    ? html`<td>${g.generation}</td><td class="file">${g.file.split('/').at(-1)}</td><td>${g.queries}</td><td>${g.bypassed}</td>
        <td>${micro(g.p50_us)}</td><td>${micro(g.p99_us)}</td>`
    : html`<td colspan="6" class="faint">none</td>`}</tr>`;
  return html`${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label="Generations"><table>
      <thead><tr>${['role', 'generation', 'file', 'queries', 'bypassed', 'p50', 'p99'].map((h) => html`<th scope="col" key=${h}>${h}</th>`)}</tr></thead>
      <tbody>${row('serving', status?.serving)}${row('canary', status?.canary)}</tbody></table></div>
    <div class="actions">
      <button onClick=${() => act('/v1/admin/weights/load', 'Loaded what is published.')}>Load what is published</button>
      <button onClick=${() => act('/v1/admin/weights/rollback', 'Rolled back.')}>Roll back</button>
      <button disabled=${!status?.canary} onClick=${() => act('/v1/admin/weights/promote', 'The canary serves everybody.')}>Promote the canary</button>
      <button class="link" onClick=${() => { token.set(''); setIsLocked(true); }}>Lock</button></div>
    <div class="shares">
      <${Share} name="users who see the canary" value=${shares.served} onSet=${(served) => share({ served })} />
      <${Share} name="queries compared with it" value=${shares.compared} onSet=${(compared) => share({ compared })} /></div>
    <p class="said" role="status">${said}</p>`;
}

// A 95% interval of a rate (Wilson 1927).
function wilson(clicks, shown) {
  if (!shown) return [0, 0];
  const z = 1.96, p = clicks / shown, d = 1 + (z * z) / shown;
  const middle = (p + (z * z) / (2 * shown)) / d;
  const half = (z * Math.sqrt((p * (1 - p)) / shown + (z * z) / (4 * shown * shown))) / d;
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function Arms({ families }) {
  const key = (l) => l.layer + '\n' + l.experiment + '\n' + l.arm;
  const arms = {};
  for (const [field, name] of [['pages', 'barker_arm_pages_total'], ['shown', 'barker_arm_impressions_total'], ['clicks', 'barker_arm_clicks_total']]) {
    for (const { labels, value } of families?.[name] || []) {
      (arms[key(labels)] ||= { ...labels, pages: 0, shown: 0, clicks: 0 })[field] = value;
    }
  }
  const list = Object.values(arms);
  if (!list.length) return html`<p class="faint">No experiment has shown a page since the server began.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Arms"><table>
    <thead><tr>${['experiment', 'arm', 'pages', 'ads shown', 'clicks', 'CTR', '95% interval'].map((h) => html`<th scope="col" key=${h}>${h}</th>`)}</tr></thead>
    <tbody>${list.map((a) => {
      const [low, high] = wilson(a.clicks, a.shown);
      const pc = (x) => (x * 100).toFixed(2) + '%';
      return html`<tr key=${key(a)}><th scope="row">${a.experiment}</th><td>${a.arm}</td><td>${a.pages}</td><td>${a.shown}</td><td>${a.clicks}</td>
        <td>${a.shown ? pc(a.clicks / a.shown) : '–'}</td><td>${pc(low)} – ${pc(high)}</td></tr>`;
    })}</tbody></table></div>
    <p class="faint">Clicks of one user are not independent: read a verdict from an analysis by user, not from these intervals.</p>`;
}

export function OperationsView({ settings }) {
  const [looks, setLooks] = useState([]);
  const [families, setFamilies] = useState(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const look = () => ask('/metrics').then((text) => {
      const parsed = parseMetrics(text);
      setFamilies(parsed);
      setLooks((before) => [...before.slice(-kKept), { time: Date.now() / 1000, stages: bucketsOf(parsed) }]);
      setProblem('');
    }, (e) => setProblem(e.message));
    look();
    const timer = setInterval(look, 2000);
    return () => clearInterval(timer);
  }, []);
  return html`<section aria-label="Operations">
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <div class="card"><h2>Latency</h2><${Latency} looks=${looks} deadline=${settings.deadline_ms} /></div>
    <div class="card"><h2>Weights that serve</h2><${Generations} settings=${settings} /></div>
    <div class="card"><h2>Experiments</h2><${Arms} families=${families} /></div>
  </section>`;
}
