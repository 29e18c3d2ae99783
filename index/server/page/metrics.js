// Reads Prometheus' text format and what the page makes of it. Pure functions.

// [{name, labels, value}]
export function parseMetrics(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!parts || line[0] === '#') continue;
    const labels = {};
    for (const [, key, value] of (parts[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      labels[key] = value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
    }
    samples.push({name: parts[1], labels, value: Number(parts[3])});
  }
  return samples;
}

export const total = (samples, name, labels = {}) =>
  samples.filter((s) => s.name === name &&
                        Object.entries(labels).every(([key, value]) => s.labels[key] === value))
    .reduce((sum, s) => sum + s.value, 0);

// The buckets of a histogram, [[upper bound, count up to it]], the bounds rising.
export const buckets = (samples, name, labels) =>
  samples.filter((s) => s.name === `${name}_bucket` &&
                        Object.entries(labels).every(([key, value]) => s.labels[key] === value))
    .map((s) => [Number(s.labels.le.replace('+Inf', 'Infinity')), s.value])
    .sort((a, b) => a[0] - b[0]);

// What was counted between two scrapes. Without an earlier one: since the start.
export function between(now, before) {
  const earlier = new Map(before ?? []);
  return now.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]);
}

// A quantile as Prometheus computes it: linear inside of its bucket. null: nothing was counted.
export function quantile(counts, q) {
  const all = counts.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  let lower = 0, below = 0;
  for (const [bound, count] of counts) {
    if (count >= q * all) {
      if (bound === Infinity) return lower;
      return lower + (bound - lower) * ((q * all - below) / (count - below || 1));
    }
    lower = bound;
    below = count;
  }
  return lower;
}

// Wilson's interval of a share at 95%.
export function interval(clicks, shown) {
  if (shown === 0) return [0, 1];
  const z = 1.959964, share = clicks / shown, denominator = 1 + (z * z) / shown;
  const middle = (share + (z * z) / (2 * shown)) / denominator;
  const half = (z / denominator) *
    Math.sqrt((share * (1 - share)) / shown + (z * z) / (4 * shown * shown));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

// The digest of what the last page in an arm was shown by; undefined where it is not known.
function policyOf(samples, {layer, experiment, arm}) {
  return samples.find(({name, labels}) => name === 'barker_arm_policy_info' && labels.layer === layer &&
    labels.experiment === experiment && labels.arm === arm)?.labels.policy;
}

// [{experiment, arm, policy, impressions, clicks, optOuts}], in the order of their names.
export function arms(samples) {
  return samples.filter((s) => s.name === 'barker_arm_impressions_total').map(({labels, value}) => ({
    experiment: labels.experiment, arm: labels.arm, policy: policyOf(samples, labels), impressions: value,
    clicks: total(samples, 'barker_arm_clicks_total', labels),
    optOuts: total(samples, 'barker_arm_opt_outs_total', labels),
  })).sort((a, b) => a.experiment.localeCompare(b.experiment) || a.arm.localeCompare(b.arm));
}
