// The chat page of users with a token: real members, in a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launchBrowser, useCluster } from './harness/index.js';

describe('the chat page with a token', () => {
  const cluster = useCluster({ gateways: 2, presences: 1 });
  let browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  async function open(gateway, claims) {
    const token = await cluster.api().token(claims);
    const context = await browser.newContext();
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    await page.goto(`${cluster.gateway(gateway).url}/?token=${encodeURIComponent(token)}`);
    await page.locator('#state.connected').waitFor({ timeout: 30000 });
    return page;
  }
  const person = (page, name, state) => page.locator('#people li', { hasText: name }).filter({ hasText: state });

  it('shows members, their status, and that they left', async () => {
    const ann = await open(1, { user_id: 'ann', name: 'Ann' });
    const bob = await open(2, { user_id: 'bob', name: 'Bob' });
    await person(ann, 'Ann', 'you').waitFor();
    await person(ann, 'Bob', 'online').waitFor();
    await person(bob, 'Ann', 'online').waitFor();
    assert.equal(await ann.inputValue('#name'), 'Ann');
    await bob.selectOption('#status', 'busy');
    await person(ann, 'Bob', 'busy').waitFor();
    const tab = await open(2, { user_id: 'bob', name: 'Bob' });
    await person(tab, 'Bob', 'you').waitFor();
    await ann.locator('#count', { hasText: /^2$/ }).waitFor();
    assert.deepEqual([...ann.problems, ...bob.problems, ...tab.problems], []);
    await tab.context().close();
    await bob.context().close();
    await ann.locator('#count', { hasText: /^1$/ }).waitFor();
    await ann.context().close();
  });
});
