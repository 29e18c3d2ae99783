// A visit to the page in a real browser: node visit.mjs BIN DIRECTORY. It makes the demo marketplace in
// DIRECTORY, starts `barker serve` and headless Chromium, plays the visit, leaves screenshots there and
// ends both. Any failed expectation ends it with exit code 1 and says what was seen.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [bin, directory] = process.argv.slice(2).map((p) => resolve(p));
const source = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../..');
const require = createRequire(join(source, 'index/server/page/package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const kToken = 'a-token-of-the-browser-test';
const kMostBytes = 150_000;  // of everything that the page loads, as sent

function expect(condition, what, seen = '') {
  if (!condition) throw new Error('expected ' + what + (seen === '' ? '' : ', found ' + JSON.stringify(seen)));
  console.log('  ' + what);
}

function barker(...args) {
  return execFileSync(join(bin, 'barker'), args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

async function startServer() {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const at = (name) => join(directory, name);
  barker('generate', 'marketplace', '--out', at('shop'));
  barker('index', '--ads', at('shop/catalogue.jsonl'), '--out', at('index'));
  const demo = join(source, 'models/simulate/demo.barker');
  barker('publish', demo, '--out', at('weights'));
  writeFileSync(at('experiments.toml'), `
[[experiment]]
name = "marks"
[[experiment.arm]]
name = "on"
share = 0.5
[[experiment.arm]]
name = "also-on"
share = 0.5
`);
  writeFileSync(at('token'), kToken, { mode: 0o600 });
  const server = spawn(join(bin, 'barker'), ['serve', '--index', at('index'), '--weights', at('weights'),
    '--users', at('shop/users.jsonl'), '--page-users', 'anna,ben,chen', '--experiments', at('experiments.toml'),
    '--log-directory', at('events'), '--server-admin-token-file', at('token'), '--listen', '127.0.0.1:0',
    '--server-ready-grace', '0s', '--probation', '0s'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await new Promise((done, fail) => {
    server.stdout.once('data', (data) => done(String(data).split('\n')[0]));
    server.once('exit', (code) => fail(new Error('barker serve ended with ' + code)));
  });
  return { server, address, demo };
}

async function expectAccessible(page, where) {
  // The policy of the page forbids scripts that it does not bring, so that axe comes in beside it.
  const { violations } = await page.evaluate(axe + '; axe.run(document, { resultTypes: ["violations"] })');
  const grave = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  expect(grave.length === 0, 'axe-core finds nothing serious ' + where,
    grave.length ? grave.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')) : '');
}

const shownTitles = (page) => page.locator('.shown .result-title').allInnerTexts();
const marksOf = (page) => page.locator('.shown mark').allInnerTexts();
const generationOf = (page) => page.locator('tbody tr').filter({ hasText: 'serving' }).locator('td').first().innerText();

async function searchAs(page, user) {
  await page.getByText(user, { exact: true }).click();
  await page.locator(`.sides[data-user="${user}"]`).waitFor();
  return shownTitles(page);
}

async function visitSearch(page) {
  console.log('search');
  const box = page.getByRole('combobox');
  await box.fill('wireless h');
  await page.getByRole('option').first().waitFor();
  expect((await page.getByRole('option').allInnerTexts()).every((t) => t.toLowerCase().startsWith('wireless h')),
    'suggestions begin with what was typed');
  await box.press('ArrowDown');
  await box.press('Enter');
  await page.locator('.shown .result').first().waitFor();
  const titles = {};
  for (const user of ['anna', 'ben', 'chen']) titles[user] = (await searchAs(page, user)).join('\n');
  expect(new Set(Object.values(titles)).size === 3, 'three users get three pages for one query');
  const plain = await page.locator('.plain .title').allInnerTexts();
  expect(plain.length === 10 && (await page.locator('.plain mark').count()) === 0, 'the merchants\' side has ten titles without marks');
  expect((await marksOf(page)).length > 5, 'barker\'s side marks selling points');

  console.log('explanation');
  await page.getByRole('button', { name: 'why' }).first().click();
  await page.locator('.why .candidates li').first().waitFor();
  await page.locator('.why .moved').first().waitFor();
  expect((await page.locator('.why .shade').count()) > 0, 'attention shades the title\'s words');
  expect(/chosen|promoted/.test(await page.locator('.why .candidates').innerText()), 'candidates say their verdict');

  console.log('a click on a chip');
  await searchAs(page, 'ben');
  const before = (await marksOf(page)).join('|');
  await page.locator('.chip[aria-pressed=false]').first().click();
  await page.getByText('The next search knows it.').waitFor();
  await page.waitForFunction((old) => [...document.querySelectorAll('.shown mark')].map((m) => m.innerText).join('|') !== old, before);
  expect(true, 'the next search shows other selling points');
  await page.locator('.chip.chosen').click();
  await page.locator('.chip.chosen').waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle');
  await page.locator('.shown .result-title').first().click();
  await page.getByText('Clicked the ad at rank 1.').waitFor();

  console.log('Chinese');
  await page.getByRole('combobox').fill('面膜');
  await page.getByRole('combobox').press('Enter');
  await page.locator('.sides[data-query="面膜"]').waitFor();
  await page.waitForFunction(() => /[\u4e00-\u9fff]/.test(document.querySelector('.shown mark')?.innerText || ''));
  expect(true, 'Chinese titles get Chinese selling points');
}

async function visitOperations(page, demo) {
  console.log('operations');
  await page.getByRole('link', { name: 'Operations' }).click();
  await page.getByLabel("Administrator's token").fill('wrong');
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.getByText('The token is not the administrator').waitFor();
  await page.getByLabel("Administrator's token").fill(kToken);
  await page.getByRole('button', { name: 'Unlock' }).click();
  await page.locator('tbody tr').filter({ hasText: 'serving' }).waitFor();
  const first = await generationOf(page);
  barker('publish', demo, '--out', join(directory, 'weights'));
  await page.getByRole('button', { name: 'Load what is published' }).click();
  await page.waitForFunction((old) => [...document.querySelectorAll('tbody tr')].some(
    (r) => r.innerText.startsWith('serving') && r.querySelector('td').innerText !== old), first);
  expect(true, 'a published file changes the generation');
  barker('publish', demo, '--out', join(directory, 'weights'), '--label', 'canary');
  await page.getByRole('button', { name: 'Load what is published' }).click();
  await page.waitForFunction(() => [...document.querySelectorAll('tbody tr')].some(
    (r) => r.innerText.startsWith('canary') && /\d/.test(r.innerText)));
  expect(true, 'a canary shows');
  const slider = page.getByLabel('users who see the canary');
  await slider.focus();
  for (let i = 0; i < 20; ++i) await slider.press('ArrowRight');
  await page.getByText('The canary serves 20% of the users.').waitFor();
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('Rolled back.').waitFor();
  expect((await page.getByRole('region', { name: 'Arms' }).innerText()).includes('marks'), 'arms are counted');
  await page.locator('.plot canvas').first().waitFor();
}

async function visitByKeyboard(page, address) {
  console.log('by keyboard alone');
  await page.goto(address + '/#/');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.press('Tab');
  expect((await page.evaluate(() => document.activeElement.className)) === 'skip', 'the first stop leads past the header');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  expect((await page.evaluate(() => document.activeElement.getAttribute('role'))) === 'combobox', 'the search box is next');
  await page.keyboard.type('backpack');
  await page.keyboard.press('Enter');
  await page.locator('.shown .result').first().waitFor();
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement.innerText)) === 'why') break;
  }
  await page.keyboard.press('Enter');
  await page.locator('.why .candidates li').first().waitFor();
  expect(true, 'the explanation opens');
}

async function run() {
  const { server, address, demo } = await startServer();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
  try {
    const problems = [];
    let bytes = 0;
    const open = async (options) => {
      const context = await browser.newContext({ bypassCSP: false, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      // A refused token is what one of the steps is about, and the console tells of it.
      page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('401')) problems.push(m.text()); });
      page.on('pageerror', (e) => problems.push(e.message));
      return page;
    };
    const page = await open({ viewport: { width: 1440, height: 1000 }, colorScheme: 'light' });
    const loaded = [];
    page.on('requestfinished', (request) => loaded.push(request));
    await page.goto(address + '/');
    await page.getByRole('combobox').waitFor();
    await page.waitForLoadState('networkidle');
    for (const request of loaded.splice(0)) {
      const { responseBodySize, responseHeadersSize } = await request.sizes();
      bytes += responseBodySize + responseHeadersSize;
    }
    page.removeAllListeners('requestfinished');
    expect(bytes > 10_000 && bytes <= kMostBytes, 'the page loads at most ' + kMostBytes + ' bytes (' + bytes + ')', bytes);
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    console.log('  first paint after ' + Math.round(paint) + ' ms');

    await visitSearch(page);
    await expectAccessible(page, 'in the search view');
    await visitOperations(page, demo);
    await expectAccessible(page, 'in the operations view');
    await page.getByRole('link', { name: 'Weights' }).click();
    await page.getByText('How good it is').waitFor();
    await expectAccessible(page, 'in the weights view');
    await visitByKeyboard(await open({ viewport: { width: 1440, height: 1000 } }), address);

    console.log('looks');
    for (const [width, height] of [[360, 780], [1440, 1000]]) {
      for (const colorScheme of ['light', 'dark']) {
        const look = await open({ viewport: { width, height }, colorScheme });
        for (const [view, hash, ready] of [
          ['search', '#/?q=wireless+headphones&user=ben', '.shown mark'], ['operations', '#/operations', '.plot canvas'],
          ['weights', '#/weights', 'table']]) {
          await look.goto(address + '/' + hash);
          await look.locator(ready).first().waitFor();
          if (view === 'search') {
            await look.getByRole('button', { name: 'why' }).nth(1).click();
            await look.locator('.why .moved').first().waitFor();
          }
          await look.waitForLoadState('networkidle');
          const tooWide = await look.evaluate(() => document.documentElement.scrollWidth > innerWidth);
          expect(!tooWide, view + ' fits into ' + width + ' px, ' + colorScheme);
          await expectAccessible(look, 'at ' + width + ' px, ' + colorScheme);
          await look.screenshot({ path: join(directory, `${view}-${width}-${colorScheme}.png`) });
        }
        await look.context().close();
      }
    }
    expect(problems.length === 0, 'the console is empty', problems);
  } finally {
    await browser.close();
    server.kill('SIGTERM');
    await new Promise((done) => (server.exitCode === null ? server.once('exit', done) : done()));
  }
}

run().then(() => console.log('passed'), (error) => {
  console.error(error.message.split('\n').slice(0, 12).join('\n'));
  process.exitCode = 1;
});
