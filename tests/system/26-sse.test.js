// Server-Sent Events: the same channels, for clients that only speak HTTP.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventSource } from 'eventsource';
import { request, useCluster, waitFor } from './harness/index.js';

describe('event streams', () => {
  const cluster = useCluster({ gateways: 2, set: { 'gateway.sse_comment_interval': 1 } });

  it('begins with retry and welcome, then what was asked for', async () => {
    const stream = await cluster.sse(['s1', 's2']);
    assert.equal(stream.headers['content-type'].split(';')[0], 'text/event-stream');
    const welcome = await stream.next();
    assert.equal(welcome.event, 'welcome');
    assert.equal(typeof welcome.data.connection_id, 'string');
    assert.ok(stream.retry > 0);
    const names = [await stream.next({ event: 'subscribed' }), await stream.next({ event: 'subscribed' })];
    assert.deepEqual(names.map((e) => e.data.channel).sort(), ['s1', 's2']);
    await cluster.api().publish('s2', { a: 'ü\nb' }, { event: 'my-event' });
    const event = await stream.next({ event: 'my-event' });
    assert.equal(event.data.channel, 's2');
    assert.deepEqual(event.data.message, { a: 'ü\nb' });
    await waitFor(() => stream.comments.length > 0, { what: 'a comment' });
    await stream.close();
  });

  it('cannot be made to say more than one event by what is in a message', async () => {
    const stream = await cluster.sse(['inject']);
    await stream.next({ event: 'subscribed' });
    for (const event of ['a\nevent: b', 'a\r\rdata: x', 'id: 7\u0000']) {
      const answer = await cluster.api().post('/v1/publish', { channel: 'inject', message: 'x\r\rdata: y\n\nevent: z', event });
      if (answer.status === 200) {
        const got = await stream.next((e) => e.data?.id === answer.body.id);
        assert.equal(got.data.message, 'x\r\rdata: y\n\nevent: z');
      } else assert.equal(answer.status, 400);
    }
    await cluster.api().publish('inject', 'last');
    await stream.next((e) => e.data?.message === 'last');
    assert.ok(stream.events.every((e) => ['welcome', 'subscribed', 'message'].includes(e.event) || e.data.channel === 'inject'));
    await stream.close();
  });

  it('D3: takes a token; refuses a bad one and private channels without', async () => {
    const token = await cluster.api().token({ user_id: '42', channels: ['private-*'] });
    const stream = await cluster.sse(['private-x', '#user-42'], { token });
    assert.equal((await stream.next({ event: 'welcome' })).data.user_id, '42');
    await stream.next({ event: 'subscribed' });
    await stream.next({ event: 'subscribed' });
    await cluster.api().publish('#user-42', 'for you');
    assert.equal((await stream.next({ event: 'message' })).data.message, 'for you');
    await stream.close();
    const anonymous = await cluster.sse(['private-x', 'open']);
    const error = await anonymous.next((e) => e.data?.code);
    assert.equal(error.data.code, 'unauthenticated');
    await anonymous.next({ event: 'subscribed' });
    await anonymous.close();
  });

  it('a real EventSource resumes by itself, without loss, after its gateway was killed', async () => {
    const url = `${cluster.gateway(1).sse}?channel=history:es`;
    const got = [];
    const source = new EventSource(url);
    source.addEventListener('message', (event) => got.push(JSON.parse(event.data).message));
    const open = new Promise((resolve) => source.addEventListener('subscribed', resolve, { once: true }));
    await open;
    for (let i = 0; i < 5; i++) await cluster.api().publish('history:es', i);
    await waitFor(() => got.length === 5);
    await cluster.hold('gateway-1');
    for (let i = 5; i < 10; i++) await cluster.api().publish('history:es', i);
    await cluster.release('gateway-1');
    await waitFor(() => got.length >= 10, { what: 'what was missed' });
    await cluster.api().publish('history:es', 10);
    await waitFor(() => got.length >= 11);
    assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    source.close();
  });

  it('refuses what is not a GET of a stream', async () => {
    const base = cluster.gateway().url;
    assert.equal((await request('GET', `${base}/v1/nothing`)).status, 404);
    assert.equal((await request('POST', `${base}/v1/sse?channel=a`, { body: '{}' })).status, 405);
  });
});
