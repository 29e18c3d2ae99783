// One visit to the page in Chromium, from the first search to a rollback.
// node visit.mjs --barker FILE --weights FILE --modules DIR --out DIR [--only STEP]
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {Marketplace, TOKEN} from './marketplace.mjs';

const MOST_BYTES = 150_000;
const {values: args} = parseArgs({options: Object.fromEntries(
  ['barker', 'weights', 'modules', 'out', 'only'].map((name) => [name, {type: 'string'}]))});
const modules = createRequire(join(args.modules, 'page.js'));
const {chromium} = modules('playwright-core');
const axe = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = '/usr/bin/chromium';
if (!existsSync(CHROMIUM)) {
  console.log('skipped: no Chromium at ' + CHROMIUM);
  process.exit(77);
}

const market = new Marketplace({...args, directory: join(args.out, 'marketplace')});
const address = await market.start();
const browser = await chromium.launch({executablePath: CHROMIUM, args: [
  '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run', '--disable-quic']});
mkdirSync(args.out, {recursive: true});

// What the browser complains about, and what went over the wire, in all pages that were opened.
const complaints = [], foreign = [];
// Takes back the one complaint that was asked for: of a status of a path.
function forgive(status, path) {
  const at = complaints.findIndex((text) => text.includes(status) && text.includes(path));
  assert.ok(at >= 0, `${status} of ${path}: found ${complaints}`);
  complaints.splice(at, 1);
}
async function open({width = 1440, height = 1000, colorScheme = 'light'} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme, bypassCSP: false});
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(address)) foreign.push(request.url());
  });
  await page.goto(address);
  await page.locator('.columns').waitFor();
  return page;
}

const shown = (page) => page.locator('section[aria-labelledby=shown] .title').allInnerTexts();
const marks = (page) => page.locator('section[aria-labelledby=shown] mark').allInnerTexts();
const merchants = (page) => page.locator('section[aria-labelledby=merchants] .title').allInnerTexts();

// Does something and waits for the page that is searched with it.
async function searched(page, act) {
  const answer = page.waitForResponse((response) => response.url().endsWith('/v1/search') &&
    !response.request().postData().includes('preview'));
  await act();
  await (await answer).finished();
  await page.waitForTimeout(150);
}

// Chooses a user, who may be the one who is chosen already.
async function searchAs(page, user) {
  const radio = page.getByRole('radio', {name: user});
  if (await radio.isChecked()) return;
  await searched(page, () => page.getByText(user, {exact: true}).click());
}

async function expectAccessible(page, what) {
  await page.evaluate(axe);
  const {violations} = await page.evaluate(() => window.axe.run(document));
  const serious = violations.filter(({impact}) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(serious.map(({id, nodes}) => [id, nodes.map((node) => node.html)]), [], what);
}

// Nothing is wider than the window, nor does it stand in the page's margin.
async function expectNoSidewaysScroll(page, what) {
  const [inner, whole, wide] = await page.evaluate(() => {
    const main = document.getElementById('main');
    const margin = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
    const nodes = [...document.querySelectorAll('main *, header *')].filter((node) =>
      node.getBoundingClientRect().right > (main.contains(node) ? margin + 1 : innerWidth) &&
      !node.closest('.scroll, .unseen'));
    return [innerWidth, document.documentElement.scrollWidth, nodes.map((node) => node.outerHTML.slice(0, 120))];
  });
  assert.ok(whole <= inner, `${what}: the page is ${whole} px wide in a window of ${inner} px`);
  assert.deepEqual(wide, [], `${what}: too wide`);
}

// Presses Tab until what has the focus fits the selector.
async function tabTo(page, selector, most = 60) {
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((text) => document.activeElement.matches(text), selector)) return;
  }
  assert.fail(`Tab does not lead to ${selector}`);
}

const steps = {
  async 'three users are shown different titles for the same query'() {
    const page = await open();
    const titles = {};
    for (const user of ['anna', 'ben', 'chen']) {
      await searchAs(page, user);
      titles[user] = await shown(page);
      assert.equal(titles[user].length, 10);
    }
    assert.notDeepEqual(titles.anna, titles.ben);
    assert.notDeepEqual(titles.ben, titles.chen);
    await page.context().close();
  },

  async 'the address has the search, and the way back leads to the one before'() {
    const page = await open();
    await searchAs(page, 'ben');
    assert.match(page.url(), /\?q=wireless\+headphones&user=ben$/);
    const titles = await shown(page);
    await page.reload();
    await page.locator('.columns').waitFor();
    assert.ok(await page.getByRole('radio', {name: 'ben'}).isChecked());
    assert.deepEqual(await shown(page), titles);
    await searched(page, () => page.getByRole('button', {name: '面膜'}).click());
    assert.notDeepEqual(await shown(page), titles);
    await searched(page, () => page.goBack());
    assert.deepEqual(await shown(page), titles);
    assert.equal(await page.getByRole('searchbox').or(page.getByRole('combobox')).first().inputValue(), 'wireless headphones');
    await page.goto(`${address}/?utm_source=x&q=backpack&user=`);
    await page.getByRole('heading', {name: 'to a stranger'}).waitFor();
    await page.context().close();
  },

  async 'both sides are of one auction, and the right one has selling points'() {
    const page = await open();
    await searchAs(page, 'ben');
    const ranks = await page.locator('section[aria-labelledby=merchants] .rank').allInnerTexts();
    assert.deepEqual(ranks, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
    assert.notDeepEqual(await merchants(page), await shown(page));
    assert.ok((await marks(page)).length >= 10);
    assert.equal(await page.locator('section[aria-labelledby=merchants] mark').count(), 0);
    await page.setViewportSize({width: 1100, height: 720});
    await page.screenshot({path: join(args.out, 'page.png')});
    await page.context().close();
  },

  async 'the explanation has probabilities, the history that moved them, and attention'() {
    const page = await open();
    await searchAs(page, 'ben');
    const why = page.locator('details.why').first();
    await why.locator('summary').click();
    await why.locator('.moved .tag').first().waitFor();
    assert.ok(await why.locator('tr.is-chosen').count() >= 1);
    assert.match(await why.locator('.moved .tag b').first().innerText(), /^[+−]\d+\.\d$/);
    assert.ok(await why.locator('.shade').count() >= 3);
    await expectAccessible(page, 'an explanation');
    await page.screenshot({path: join(args.out, 'why.png')});
    await page.context().close();
  },

  async 'a click on a chip narrows the page, is remembered, and changes the next search'() {
    const page = await open();
    await searchAs(page, 'chen');
    const before = {titles: await shown(page), marks: await marks(page)};
    const chip = page.locator('.chips .chip').last();
    const feature = await chip.evaluate((node) => node.firstChild.data);
    await searched(page, () => chip.click());
    assert.ok((await page.locator('.words .fresh').allInnerTexts()).includes(feature));
    assert.equal(await page.locator('.chip.on').count(), 1);
    await searched(page, () => page.locator('.chip.on').click());
    const after = {titles: await shown(page), marks: await marks(page)};
    assert.notDeepEqual(after, before);
    await page.context().close();
  },

  async 'a click on a result is remembered'() {
    const page = await open();
    await searchAs(page, 'anna');
    await searched(page, () => page.locator('.open').nth(2).click());
    assert.ok(await page.locator('.words .fresh').count() >= 1);
    await page.context().close();
  },

  async 'the search box proposes queries, and the keyboard is enough for a search'() {
    const page = await open();
    await tabTo(page, '[role=combobox]');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('backp');
    await page.locator('#suggestions li').first().waitFor();
    await page.keyboard.press('ArrowDown');
    const chosen = await page.locator('[role=option][aria-selected=true]').innerText();
    assert.match(chosen, /backpack/i);
    await searched(page, () => page.keyboard.press('Enter'));
    assert.equal(await page.getByRole('combobox').inputValue(), chosen);
    await tabTo(page, '[type=radio]');  // behind the button and the examples
    await searched(page, () => page.keyboard.press('ArrowRight'));
    await tabTo(page, '.chip');
    await searched(page, () => page.keyboard.press('Enter'));
    assert.equal(await page.locator('.chip.on').count(), 1);
    await tabTo(page, 'summary');
    await page.keyboard.press('Enter');
    await page.locator('details.why[open]').waitFor();
    await page.context().close();
  },

  async 'a merchant cannot put markup into the page'() {
    const page = await open();
    const parts = await page.evaluate(async () => {
      const {titleParts} = await import('/page/titles.js');
      return titleParts('<em>5&lt;6</em> <bdi>a</bdi><img src=x onerror=alert(1)>&#x1F600;');
    });
    assert.deepEqual(parts, [{text: '5<6', isPoint: true}, {text: ' ', isPoint: false},
      {text: 'a', isPoint: false}, {text: '<img src=x onerror=alert(1)>\u{1F600}', isPoint: false}]);
    await page.context().close();
  },

  async 'an administrator publishes, sets the canary to 20%, and rolls back'() {
    const page = await open();
    await page.getByRole('link', {name: 'Operations'}).click();
    const arms = page.getByRole('region', {name: 'Arms'});
    await arms.getByText('same').first().waitFor();
    assert.match(await arms.innerText(), /same\s+[ab]\s+[0-9a-f]{16}\s+[1-9]/, 'what each arm showed is counted');
    const accepted = await page.evaluate(async () => {
      const post = async (path, body) => (await fetch(path, {
        method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).json();
      const {request_id} = await post('/v1/search', {q: 'shoes', user: 'anna'});
      const optOut = {event_id: 'opt-out', request_id, user: 'anna', kind: 'opt_out', time: Date.now() / 1000};
      return (await post('/v1/events', {events: [optOut]})).accepted;
    });
    assert.equal(accepted, 1);
    await arms.getByRole('columnheader', {name: 'Opt-outs'}).waitFor();
    await arms.locator('td:last-child').filter({hasText: /^1$/}).waitFor();
    await page.getByLabel("Administrator's token").fill('wrong');
    await page.getByRole('button', {name: 'Sign in'}).click();
    await page.getByText("The token is not the administrator's.").waitFor();
    // The browser itself reports an answer of 401, which was asked for here.
    forgive('status of 401', '/v1/admin/');
    await page.getByLabel("Administrator's token").fill(TOKEN);
    await page.getByRole('button', {name: 'Sign in'}).click();
    const serves = (generation) => page.locator('tr', {hasText: 'serves'})
      .getByText(String(generation), {exact: true}).first().waitFor();
    await serves(1);
    const file = page.getByLabel('Weight file on the server');
    await file.fill('/nowhere/new.barker');
    await page.getByRole('button', {name: 'Publish', exact: true}).click();
    await page.getByText(/nowhere\/new.barker: .*no such file/i).waitFor();
    forgive('status of 422', '/v1/admin/weights/publish');
    await file.fill(args.weights);
    await page.getByRole('button', {name: 'Publish', exact: true}).click();
    await page.getByText('000002.barker serves.').waitFor();
    await serves(2);
    market.publish('--label', 'canary');
    await page.getByRole('button', {name: 'Load what was published'}).click();
    await page.getByText('000003.barker').waitFor();
    const slider = page.getByLabel('Users who are served by it');
    await slider.scrollIntoViewIfNeeded();
    const box = await slider.boundingBox();
    const at = (share) => [box.x + 8 + (box.width - 16) * share, box.y + box.height / 2];
    await page.mouse.move(...at(0));
    await page.mouse.down();
    await page.mouse.move(...at(.1), {steps: 4});
    await page.mouse.move(...at(.2), {steps: 4});
    await page.mouse.up();
    assert.equal(await slider.inputValue(), '20');
    await page.getByRole('button', {name: 'Set the shares'}).click();
    await page.getByText('The canary serves 20% of the users.').waitFor();
    await page.reload();
    await page.getByText('000003.barker').waitFor();
    assert.equal(await slider.inputValue(), '20', 'the slider stands where the share is');
    await page.getByRole('button', {name: 'Roll back'}).click();
    await page.getByText('The weights before serve again.').waitFor();
    await page.getByText('000001.barker').waitFor();
    // Traffic for three more rows of the plots.
    for (let i = 0; i < 60; ++i) {
      const body = JSON.stringify({q: 'running shoes', user: 'ben', preview: true});
      await page.evaluate((text) => fetch('/v1/search', {method: 'POST', body: text,
        headers: {'Content-Type': 'application/json'}}).then((answer) => answer.text()), body);
      await page.waitForTimeout(100);
    }
    const [first, ...rest] = await page.locator('.plot canvas').evaluateAll((all) => all.map((canvas) =>
      new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size));
    assert.ok(first > 16 && rest.length === 1, 'the plots have curves');
    await expectAccessible(page, 'operations');
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({path: join(args.out, 'operations-1440-light.png'), fullPage: true});
    await page.getByRole('link', {name: 'Weights'}).click();
    await page.getByText('Model card').waitFor();
    await expectAccessible(page, 'weights');
    await page.screenshot({path: join(args.out, 'weights-1440-light.png'), fullPage: true});
    await page.setViewportSize({width: 360, height: 780});
    await expectNoSidewaysScroll(page, 'weights at 360 px');
    await page.getByRole('link', {name: 'Operations'}).click();
    await page.waitForTimeout(300);
    await expectNoSidewaysScroll(page, 'operations at 360 px');
    await page.getByRole('button', {name: /dark/}).click();
    await page.screenshot({path: join(args.out, 'operations-360-dark.png'), fullPage: true});
    await page.context().close();
  },

  async 'the keyboard is enough for operations'() {
    const page = await open({width: 360});
    await tabTo(page, 'nav a[href="#operations"]');
    await page.keyboard.press('Enter');
    await tabTo(page, '#token');
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('You are signed in').waitFor();
    const serving = page.locator('tr', {hasText: 'serves'});
    await page.locator('#publish').waitFor();
    const before = await serving.locator('td').nth(1).innerText();
    await tabTo(page, '#publish');
    await page.keyboard.type(args.weights);
    await tabTo(page, '[type=checkbox]');
    await page.keyboard.press('Space');
    await tabTo(page, 'button');
    await page.keyboard.press('Enter');
    await page.getByText(/^\d+\.barker is the canary\.$/).waitFor();
    assert.equal(await serving.locator('td').nth(1).innerText(), before,
      'a canary does not bring back weights that were taken back');
    await tabTo(page, '#served');
    await page.keyboard.press('Home');
    for (let i = 0; i < 5; ++i) await page.keyboard.press('ArrowRight');
    await tabTo(page, 'button');
    await page.keyboard.press('Enter');
    await page.getByText('The canary serves 5% of the users.').waitFor();
    await page.context().close();
  },

  async 'every width and colour can be read'() {
    for (const width of [360, 1440]) {
      for (const colorScheme of ['light', 'dark']) {
        const page = await open({width, colorScheme});
        const what = `search-${width}-${colorScheme}`;
        await expectAccessible(page, what);
        await expectNoSidewaysScroll(page, what);
        await page.screenshot({path: join(args.out, `${what}.png`), fullPage: width === 360});
        if (colorScheme === 'dark') {
          await searched(page, () => page.getByRole('button', {name: '面膜'}).click());
          await expectNoSidewaysScroll(page, '面膜');
          await page.screenshot({path: join(args.out, `chinese-${width}-dark.png`)});
        }
        await page.context().close();
      }
    }
  },

  async 'the whole page is small'() {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', (event) => { bytes += event.encodedDataLength; });
    await page.goto(address);
    await page.locator('.columns').waitFor();
    await page.waitForTimeout(300);
    const paint = await page.evaluate(() =>
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    console.log(`${bytes} bytes in all, first paint after ${paint?.toFixed(0)} ms`);
    assert.ok(bytes > 20_000 && bytes <= MOST_BYTES, `${bytes} bytes`);
    await context.close();
  },
};

let failed = 0;
try {
  for (const [name, step] of Object.entries(steps)) {
    if (args.only && args.only !== name) continue;
    const start = Date.now();
    try {
      await step();
      console.log(`ok      ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  for (const [list, what] of [[complaints, 'complaint of the browser'], [foreign, 'foreign request']]) {
    for (const each of list) console.log(`FAILED  ${what}: ${each}`);
    failed += list.length;
  }
} finally {
  await browser.close();
  const code = await market.stop();
  if (code !== 0) {
    failed++;
    console.log(`FAILED  barker serve ended with ${code}: ${market.said}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
