// The page: a header, three views by the address's hash, a theme.
import { html, render, useEffect, useState } from './standalone.module.js';
import { ask } from './api.js';
import { OperationsView } from './operations.js';
import { SearchView } from './search.js';
import { WeightsView } from './weights.js';

const kViews = { '#/': 'Search', '#/operations': 'Operations', '#/weights': 'Weights' };

const viewOf = () => {
  const path = location.hash.split('?')[0] || '#/';
  return kViews[path] ? path : '#/';
};

function ThemeButton() {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const [theme, setTheme] = useState(document.documentElement.dataset.theme || system);
  const turn = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    localStorage.setItem('theme', next);
    setTheme(next);
    dispatchEvent(new Event('resize'));
  };
  return html`<button class="theme" onClick=${turn} aria-label=${'Use the ' + (theme === 'dark' ? 'light' : 'dark') + ' theme'}>
    <span aria-hidden="true">${theme === 'dark' ? '☀' : '☾'}</span></button>`;
}

function App() {
  const [view, setView] = useState(viewOf());
  const [settings, setSettings] = useState(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const follow = () => setView(viewOf());
    addEventListener('hashchange', follow);
    ask('/v1/page').then(setSettings, (e) => setProblem(e.message));
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => { document.title = kViews[view] + ' – barker'; }, [view]);
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById('main').focus(); }}>Skip to the content</a>
    <header><a class="brand" href="#/"><img src="/page/icon.svg" alt="" width="28" height="28" />barker</a>
      <nav aria-label="Views">${Object.entries(kViews).map(([path, name]) => html`<a key=${path} href=${path}
        aria-current=${path === view ? 'page' : undefined}>${name}</a>`)}</nav>
      <${ThemeButton} /></header>
    <main id="main" tabindex="-1"><h1 class="sr">${kViews[view]}</h1>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${settings && (view === '#/operations' ? html`<${OperationsView} settings=${settings} />`
        : view === '#/weights' ? html`<${WeightsView} />` : html`<${SearchView} settings=${settings} />`)}
    </main>`;
}

render(html`<${App} />`, document.getElementById('app'));
