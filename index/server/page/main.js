// The frame: navigation, theme, and which view is open. The address has it, so that a link or a reload
// leads back to where somebody was.
import {html, render, useEffect, useState} from './standalone.module.js';
import * as api from './api.js';
import {Search} from './search.js';
import {Operations} from './operations.js';
import {Weights} from './weights.js';

const VIEWS = {search: ['Search', Search], operations: ['Operations', Operations],
               weights: ['Weights', Weights]};
const viewOfAddress = () => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : 'search');

function Theme() {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ??
    (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const [dark, setDark] = useState(isDark);
  const toggle = () => {
    root.dataset.theme = dark ? 'light' : 'dark';
    localStorage.setItem('theme', root.dataset.theme);
    setDark(!dark);
  };
  return html`<button class="quiet theme" type="button" onClick=${toggle}
    aria-label=${dark ? 'Use light colours' : 'Use dark colours'}>${dark ? '☀' : '☾'}</button>`;
}

function App() {
  const [view, setView] = useState(viewOfAddress);
  const [settings, setSettings] = useState(null);
  const [failure, setFailure] = useState('');
  const load = () => api.settings().then(setSettings, (error) => setFailure(error.message));
  useEffect(() => {
    load();
    const follow = () => setView(viewOfAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useEffect(() => { document.title = `${VIEWS[view][0]} · barker`; }, [view]);
  return html`
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById('main').focus();
    }}>Skip to the content</a>
    <header class="top"><div class="bar">
      <a class="brand" href="#search"><img src="/page/icon.svg" alt="" width="26" height="26"/>barker</a>
      <nav aria-label="Views">${Object.entries(VIEWS).map(([name, [title]]) => html`
        <a href=${`#${name}`} aria-current=${name === view ? 'page' : undefined}>${title}</a>`)}</nav>
      <${Theme}/>
    </div></header>
    <main id="main" tabindex="-1">
      ${failure && html`<p class="failure" role="alert">${failure}</p>`}
      ${settings && Object.entries(VIEWS).map(([name, [, View]]) => html`
        <div hidden=${name !== view} key=${name}>
          <${View} settings=${settings} reload=${load} isOpen=${name === view}/></div>`)}
    </main>`;
}

render(html`<${App}/>`, document.getElementById('app'));
