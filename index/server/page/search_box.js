// A search box with suggestions: the combobox pattern of the ARIA practices, list autocomplete with
// manual selection.
import {html, useRef, useState} from './standalone.module.js';
import * as api from './api.js';

export function SearchBox({typed, setTyped, search}) {
  const [list, setList] = useState([]);
  const [active, setActive] = useState(-1);
  const asking = useRef(null);
  const close = () => { asking.current?.abort(); setList([]); setActive(-1); };
  const choose = (text) => { close(); search(text); };
  const type = async (text) => {
    setTyped(text);
    setActive(-1);
    asking.current?.abort();
    asking.current = new AbortController();
    if (!text.trim()) return setList([]);
    try {
      setList((await api.suggest(text, asking.current.signal)).suggestions);
    } catch { /* A box without suggestions is still a box. */ }
  };
  const onKeyDown = (event) => {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step && list.length > 0) {
      event.preventDefault();
      setActive((active + step + list.length + (active < 0 && step < 0 ? 1 : 0)) % list.length);
    } else if (event.key === 'Escape') close();
  };
  return html`<form role="search" class="box" onSubmit=${(event) => {
    event.preventDefault();
    choose(active >= 0 ? list[active] : typed);
  }}>
    <input type="text" role="combobox" aria-label="Query" aria-autocomplete="list" autocomplete="off"
      spellcheck=${false} enterkeyhint="search" aria-expanded=${list.length > 0 ? 'true' : 'false'}
      aria-controls="suggestions" aria-activedescendant=${active >= 0 ? `suggestion-${active}` : undefined}
      value=${typed} onInput=${(event) => type(event.target.value)} onKeyDown=${onKeyDown} onBlur=${close}/>
    <button type="submit" class="main">Search</button>
    <ul id="suggestions" role="listbox" aria-label="Suggestions" hidden=${list.length === 0}>
      ${list.map((text, i) => html`<li role="option" id=${`suggestion-${i}`} aria-selected=${i === active ? 'true' : 'false'}
        onMouseDown=${(event) => { event.preventDefault(); choose(text); }}>${text}</li>`)}</ul>
  </form>`;
}
