// The demo pages in a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launchBrowser, useCluster } from './harness/index.js';

describe('the demo pages', () => {
  const cluster = useCluster({ gateways: 2 });
  let browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  async function open(gateway, path) {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    await page.goto(`${cluster.gateway(gateway).url}${path}`);
    await page.locator('#state.connected').waitFor({ timeout: 30000 });
    return page;
  }

  it('chat: two tabs on two gateways hear each other', async () => {
    const a = await open(1, '/');
    const b = await open(2, '/');
    await a.fill('#name', 'Ann');
    await a.locator('#name').blur();
    await a.fill('#text', 'hello from Ann');
    await a.click('#send button');
    await b.locator('#messages li', { hasText: 'hello from Ann' }).waitFor();
    await a.locator('#messages li.mine', { hasText: 'hello from Ann' }).waitFor();
    await b.locator('#people li', { hasText: 'Ann' }).waitFor();
    await a.locator('#latency', { hasText: 'ms' }).waitFor();
    await a.type('#text', 'I am writ');
    await b.locator('#typing', { hasText: 'Ann is typing' }).waitFor();
    await b.fill('#text', '<img src=x onerror=alert(1)>');
    await b.click('#send button');
    await a.locator('#messages li', { hasText: '<img src=x' }).waitFor();
    assert.deepEqual([...a.problems, ...b.problems], []);
    await a.context().close();
    await b.context().close();
  });

  it('chat: a page that comes later sees what was said', async () => {
    const page = await open(1, '/');
    await page.locator('#messages li', { hasText: 'hello from Ann' }).waitFor();
    await page.context().close();
  });

  it('document: two editors converge, a late one gets the current text', async () => {
    const a = await open(1, '/document');
    const b = await open(2, '/document');
    await a.locator('#editor:enabled').waitFor();
    await b.locator('#editor:enabled').waitFor();
    await a.fill('#editor', 'first line\nsecond line');
    await b.waitForFunction(() => document.getElementById('editor').value === 'first line\nsecond line');
    await b.fill('#editor', 'first line\nsecond line\nthird, by b');
    await a.waitForFunction(() => document.getElementById('editor').value.endsWith('third, by b'));
    const c = await open(1, '/document');
    await c.waitForFunction(() => document.getElementById('editor').value.endsWith('third, by b'));
    assert.deepEqual([...a.problems, ...b.problems, ...c.problems], []);
  });
});
