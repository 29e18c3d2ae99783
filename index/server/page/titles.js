// Titles as the engine writes them: text with <em> around selling points, <bdi> around text of the
// other direction, and character references. Whatever else stands there is shown as text.
import { html } from './standalone.module.js';

const kReferences = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'", apos: "'" };

const decode = (text) =>
  text.replace(/&(#?\w+);/g, (all, name) => kReferences[name] ?? all);

export function Title({ text }) {
  const stack = [{ children: [] }];
  let last = 0;
  const push = (node) => stack.at(-1).children.push(node);
  for (const match of text.matchAll(/<(\/?)(em|bdi)>/g)) {
    push(decode(text.slice(last, match.index)));
    last = match.index + match[0].length;
    if (!match[1]) {
      stack.push({ tag: match[2], children: [] });
    } else if (stack.length > 1) {
      const { tag, children } = stack.pop();
      push(tag === 'em' ? html`<mark>${children}</mark>` : html`<bdi>${children}</bdi>`);
    }
  }
  push(decode(text.slice(last)));
  while (stack.length > 1) push(stack.pop().children);
  return html`<span class="title" dir="auto">${stack[0].children}</span>`;
}

// The merchant's title with each word that the attention looked at shaded by its weight.
export function ShadedTitle({ text, attention }) {
  const lower = text.toLowerCase();
  const most = Math.max(1e-9, ...attention.map((a) => a.weight));
  const marks = [];
  for (const { keyword, weight } of [...attention].sort((a, b) => b.keyword.length - a.keyword.length)) {
    const at = lower.indexOf(keyword.toLowerCase());
    const end = at + keyword.length;
    if (at < 0 || marks.some((m) => at < m.end && end > m.at)) continue;
    marks.push({ at, end, level: Math.min(4, Math.ceil((weight / most) * 4)), weight });
  }
  marks.sort((a, b) => a.at - b.at);
  const out = [];
  let last = 0;
  for (const { at, end, level, weight } of marks) {
    out.push(text.slice(last, at));
    out.push(html`<span class=${'shade shade-' + level} title=${'attention ' + weight.toFixed(3)}
      >${text.slice(at, end)}</span>`);
    last = end;
  }
  out.push(text.slice(last));
  return html`<span class="title" dir="auto">${out}</span>`;
}
