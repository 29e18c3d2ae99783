// Asks for the administrator's token, which the tab keeps until it is closed.
import {html, useState} from './standalone.module.js';
import * as api from './api.js';

export function Token({settings, changed}) {
  const [typed, setTyped] = useState('');
  const [signedIn, setSignedIn] = useState(Boolean(api.token.get()));
  const [failure, setFailure] = useState('');
  const signOut = () => {
    api.token.set('');
    setSignedIn(false);
    changed();
  };
  // A token that the server does not take is not kept.
  const signIn = async (text) => {
    api.token.set(text);
    setTyped('');
    try {
      await api.status();
      setSignedIn(true);
      setFailure('');
      changed();
    } catch (error) {
      api.token.set('');
      setFailure(error.message);
    }
  };
  if (!settings.has_administrator) {
    return html`<p class="note">What administrators do is switched off: the server was started without a
      token (<code>server.admin_token_file</code>).</p>`;
  }
  if (signedIn) {
    return html`<p class="note">You are signed in until this tab is closed.
      <button type="button" class="quiet" onClick=${signOut}>Sign out</button></p>`;
  }
  return html`<form class="token" onSubmit=${(event) => {
    event.preventDefault();
    if (typed.trim()) signIn(typed.trim());
  }}>
    <label for="token">Administrator's token</label>
    <input id="token" type="password" autocomplete="off" value=${typed}
      onInput=${(event) => setTyped(event.target.value)}/>
    <button type="submit" class="main">Sign in</button></form>
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}`;
}
