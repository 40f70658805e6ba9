// The chat page of users with a token: real members, their status and who is typing, in a real browser.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launchBrowser, useCluster, waitFor } from './harness/index.js';

describe('the chat page with a token', () => {
  const cluster = useCluster({ gateways: 2, presences: 1 });
  let browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser?.close());

  const token = (id, name) => cluster.api().token({ user_id: id, name });

  async function open(gateway, id, name) {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    await page.goto(`${cluster.gateway(gateway).url}/?token=${encodeURIComponent(await token(id, name))}`);
    await page.locator('#state.connected').waitFor({ timeout: 30000 });
    return page;
  }
  const closeAll = (pages) => Promise.all(pages.map((page) => page.context().close()));

  // As a page shows it: [['Ann', 'you'], ['Bob', 'busy']]
  const people = (page) =>
    page.locator('#people li').evaluateAll((items) => items.map((item) => [...item.children].map((part) => part.textContent)));
  async function untilPeople(page, wanted) {
    let have;
    const same = async () => {
      have = await people(page);
      return JSON.stringify(have) === JSON.stringify(wanted);
    };
    await waitFor(same).catch(() => assert.deepEqual(have, wanted));
    assert.equal(await page.textContent('#count'), String(wanted.length));
  }
  async function untilTyping(page, wanted) {
    const told = async () => (await page.textContent('#typing')) === wanted;
    await waitFor(told, { what: `typing: '${wanted}'` });
  }
  // What was whispered is not forgotten by time any more.
  const stopClock = (page) => page.clock.setFixedTime(Date.now());

  it('shows members, their status, and that they left', async () => {
    const ann = await open(1, 'ann', 'Ann');
    const bob = await open(2, 'bob', 'Bob');
    await untilPeople(ann, [['Ann', 'you'], ['Bob', 'online']]);
    await untilPeople(bob, [['Ann', 'online'], ['Bob', 'you']]);
    assert.equal(await ann.inputValue('#name'), 'Ann');
    await bob.selectOption('#status', 'busy');
    await untilPeople(ann, [['Ann', 'you'], ['Bob', 'busy']]);
    const tab = await open(2, 'bob', 'Bob');
    await untilPeople(tab, [['Ann', 'online'], ['Bob', 'you']]);
    await untilPeople(ann, [['Ann', 'you'], ['Bob', 'busy']]);
    assert.deepEqual([...ann.problems, ...bob.problems, ...tab.problems], []);
    await closeAll([tab, bob]);
    await untilPeople(ann, [['Ann', 'you']]);
    await closeAll([ann]);
  });

  it('two tabs and a third on another gateway show the same people, and who is typing', async () => {
    const pages = [await open(1, 'dan', 'Dan'), await open(1, 'eva', 'Eva'), await open(2, 'fay', 'Fay')];
    const [dan, eva, fay] = pages;
    const names = ['Dan', 'Eva', 'Fay'];
    const all = async (statuses) => {
      for (const [i, page] of pages.entries())
        await untilPeople(page, names.map((name, k) => [name, i === k ? 'you' : statuses[k]]));
    };
    await all(['online', 'online', 'online']);
    await fay.selectOption('#status', 'away');
    await all(['online', 'online', 'away']);
    await dan.selectOption('#status', 'busy');
    await all(['busy', 'online', 'away']);

    for (const [i, page] of pages.entries()) {
      const others = pages.filter((other) => other !== page);
      await page.type('#text', 'I am writ');
      for (const other of others) await untilTyping(other, `${names[i]} is typing …`);
      assert.equal(await page.textContent('#typing'), '');
      for (const other of others) await untilTyping(other, ''); // by itself
    }
    await Promise.all([eva.type('#text', '!'), fay.type('#text', '!')]);
    await waitFor(async () => /^(Eva, Fay|Fay, Eva) are typing …$/.test(await dan.textContent('#typing')));
    assert.deepEqual(pages.flatMap((page) => page.problems), []);
    await closeAll(pages);
  });

  it('who sent what he typed is typing no more', async () => {
    const pages = [await open(1, 'gus', 'Gus'), await open(1, 'hal', 'Hal'), await open(2, 'ida', 'Ida')];
    const [gus, hal, ida] = pages;
    await Promise.all([stopClock(hal), stopClock(ida)]);
    for (const text of ['first', 'second']) {
      await gus.type('#text', text);
      for (const page of [hal, ida]) await untilTyping(page, 'Gus is typing …');
      await gus.press('#text', 'Enter');
      for (const page of [hal, ida]) {
        await page.locator('#messages li', { hasText: text }).waitFor();
        await untilTyping(page, '');
      }
    }
    assert.deepEqual(pages.flatMap((page) => page.problems), []);
    await closeAll(pages);
  });

  // A client that says once that it is typing, under a name that is not its own.
  async function typist(id, name) {
    const client = await cluster.connect({ gateway: 2, token: await token(id, name) });
    await client.subscribe('history:lobby');
    await client.subscribe('room:lobby');
    return client;
  }
  const say = (client) =>
    client.must('ack', 'whisper', { channel: 'history:lobby', event: 'typing', message: { name: 'Mallory' } });

  it('who falls silent or is cut off is typing no more', async () => {
    const jan = await open(1, 'jan', 'Jan');
    const kim = await typist('kim', 'Kim');
    await untilPeople(jan, [['Jan', 'you'], ['Kim', 'online']]);
    await say(kim);
    await untilTyping(jan, 'Kim is typing …');
    await untilTyping(jan, '');
    assert.deepEqual(await people(jan), [['Jan', 'you'], ['Kim', 'online']]);

    await say(kim);
    await untilTyping(jan, 'Kim is typing …');
    await kim.terminate();
    await untilTyping(jan, '');
    await untilPeople(jan, [['Jan', 'you']]);

    // Even where time stands still: who has left the room is not typing in it.
    await stopClock(jan);
    const lea = await typist('lea', 'Lea');
    await untilPeople(jan, [['Jan', 'you'], ['Lea', 'online']]);
    await say(lea);
    await untilTyping(jan, 'Lea is typing …');
    await lea.terminate();
    await untilTyping(jan, '');
    await untilPeople(jan, [['Jan', 'you']]);
    assert.deepEqual(jan.problems, []);
    await jan.context().close();
  });
});
