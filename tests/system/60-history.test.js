// Channels that remember: offsets, history over WebSocket and HTTP, removal, cache channels, limits of a namespace.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';

describe('history', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2 });
  const bodies = (answer) => answer.messages.map((m) => m.message);
  const http = async (channel, query = '') => (await cluster.api().must('GET', `/v1/channels/${channel}/history${query}`));

  it('gives each message an offset that rises, and a position with its epoch', async () => {
    const client = await cluster.connect();
    const first = await client.subscribe('history:o');
    assert.equal(typeof first.position.epoch, 'string');
    const one = await cluster.api(1).publish('history:o', 1);
    const two = await cluster.api(2).publish('history:o', 2);
    const three = await client.publish('history:o', 3);
    assert.ok(one.offset > first.position.offset && two.offset > one.offset && three.offset > two.offset);
    assert.equal(one.epoch, first.position.epoch);
    for (const [i, ack] of [one, two, three].entries()) {
      const frame = await client.message('history:o');
      assert.equal(frame.message, i + 1);
      assert.equal(frame.offset, ack.offset);
    }
    const late = await cluster.connect({ gateway: 2 });
    const answer = await late.subscribe('history:o');
    assert.deepEqual(answer.position, { offset: three.offset, epoch: one.epoch });
    await late.ping();
    assert.deepEqual(late.peek({ action: 'message' }), []);
    await Promise.all([client.close(), late.close()]);
  });

  it('answers pages, from a position, and in reverse; over WebSocket as over HTTP', async () => {
    const acks = [];
    for (let i = 0; i < 10; i++) acks.push(await cluster.api().publish('history:p', i));
    const client = await cluster.connect();
    const ask = (data) => client.must('history', 'history', { channel: 'history:p', ...data });
    assert.deepEqual(bodies(await ask({})), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(bodies(await ask({ limit: 3 })), [7, 8, 9]);
    assert.deepEqual(bodies(await ask({ limit: 3, reverse: true })), [9, 8, 7]);
    const since = { offset: acks[3].offset, epoch: acks[3].epoch };
    assert.deepEqual(bodies(await ask({ since })), [4, 5, 6, 7, 8, 9]);
    const page = await ask({ since, limit: 2 });
    assert.deepEqual(bodies(page), [4, 5]);
    assert.equal(page.has_more, true);
    assert.equal((await ask({ since: { offset: acks[9].offset, epoch: acks[9].epoch } })).messages.length, 0);
    assert.deepEqual(bodies(await http('history:p')), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(bodies(await http('history:p', '?limit=3')), [7, 8, 9]);
    assert.deepEqual(bodies(await http('history:p', '?limit=2&reverse=true')), [9, 8]);
    assert.deepEqual(bodies(await http('history:p', `?since=${acks[7].offset}&epoch=${acks[7].epoch}`)), [8, 9]);
    const foreign = await cluster.api().get(`/v1/channels/history:p/history?since=1&epoch=other`);
    assert.equal(foreign.status, 409);
    const frame = (await http('history:p', '?limit=1')).messages[0];
    assert.deepEqual(Object.keys(frame).sort(), ['channel', 'event', 'id', 'message', 'offset', 'sender', 'timestamp']);
    assert.deepEqual((await http('history:empty')).messages, []);
    await client.close();
  });

  it('keeps no more than the namespace says', async () => {
    const messages = Array.from({ length: 120 }, (_, i) => ({ channel: 'feed:few', message: i }));
    await cluster.api().must('POST', '/v1/batch', { body: { messages } });
    const all = bodies(await http('feed:few', '?limit=1000'));
    assert.equal(all.length, 100);
    assert.equal(all[0], 20);
    assert.equal(all[99], 119);
  });

  it('sends the last event of a cache channel to each newcomer', async () => {
    const client = await cluster.connect();
    await client.subscribe('cache:c');
    await client.ping();
    assert.deepEqual(client.peek({ action: 'message' }), []);
    await cluster.api().publish('cache:c', 'old');
    await cluster.api().publish('cache:c', 'new');
    const late = await cluster.connect({ gateway: 2 });
    await late.subscribe('cache:c');
    assert.equal((await late.message('cache:c')).message, 'new');
    await late.ping();
    assert.deepEqual(late.peek({ action: 'message' }), []);
    await Promise.all([client.close(), late.close()]);
  });

  it('removes history on request; those who are up to date notice nothing', async () => {
    const client = await cluster.connect();
    await client.subscribe('history:r');
    const acks = [];
    for (let i = 0; i < 6; i++) {
      acks.push(await cluster.api().publish('history:r', i));
      await client.message('history:r');
    }
    const part = await cluster.api().must('DELETE', '/v1/channels/history:r/history', { body: { offset: acks[2].offset } });
    assert.equal(part.removed, 3);
    assert.deepEqual(bodies(await http('history:r')), [3, 4, 5]);
    const all = await cluster.api().must('DELETE', '/v1/channels/history:r/history');
    assert.ok(all.removed >= 3);
    assert.deepEqual(bodies(await http('history:r')), []);
    await cluster.api().publish('history:r', 'next');
    assert.equal((await client.message('history:r')).message, 'next');
    assert.deepEqual(client.peek({ action: 'gap' }), []);
    const late = await cluster.connect({ gateway: 2 });
    const answer = await late.subscribe('history:r', { recover: { offset: acks[0].offset, epoch: acks[0].epoch } });
    assert.equal(answer.recovered, false);
    await Promise.all([client.close(), late.close()]);
  });

  it('keeps bytes as bytes, through history and resume', async () => {
    const bytes = Buffer.from([0, 10, 255, 128]);
    const first = await cluster.api().publish('history:b', 'text');
    await cluster.api().publish('history:b', bytes.toString('base64'), { encoding: 'base64' });
    const page = await http('history:b');
    assert.equal(page.messages[1].encoding, 'base64');
    assert.deepEqual(Buffer.from(page.messages[1].message, 'base64'), bytes);
    const client = await cluster.connect();
    const answer = await client.subscribe('history:b', { recover: { offset: first.offset, epoch: first.epoch } });
    assert.equal(answer.recovered, true);
    await waitFor(() => client.binary.length === 1);
    assert.deepEqual(client.binary[0].subarray(client.binary[0].indexOf(10) + 1), bytes);
    await client.close();
  });

  it('messages for some stay for some, in history too', async () => {
    const [one, two] = await Promise.all(['1', '2'].map(async (id) => cluster.connect({ token: await cluster.api().token({ user_id: id }) })));
    await cluster.api().publish('history:s', 'secret', { recipients: ['1'] });
    await cluster.api().publish('history:s', 'open');
    const ask = async (client) => bodies(await client.must('history', 'history', { channel: 'history:s' }));
    assert.deepEqual(await ask(one), ['secret', 'open']);
    assert.deepEqual(await ask(two), ['open']);
    await Promise.all([one.close(), two.close()]);
  });
});
