// The shortest way through everything: two gateways, all kinds of clients.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster } from './harness/index.js';

describe('a small cluster', () => {
  const cluster = useCluster({ gateways: 2 });

  it('welcomes a client', async () => {
    const client = await cluster.connect();
    assert.equal(typeof client.welcome.connection_id, 'string');
    assert.equal(client.welcome.user_id, null);
    await client.ping();
    await client.close();
  });

  it('carries a message between gateways, to its sender too', async () => {
    const a = await cluster.connect({ gateway: 1 });
    const b = await cluster.connect({ gateway: 2 });
    await a.subscribe('chat.room.1');
    await b.subscribe('chat.room.1');
    const message = { text: 'hello', list: [1, 'ü', null] };
    const ack = await a.publish('chat.room.1', message);
    for (const client of [a, b]) {
      const frame = await client.message('chat.room.1');
      assert.deepEqual(frame.message, message);
      assert.equal(frame.id, ack.id);
    }
    await Promise.all([a.close(), b.close()]);
  });

  it('carries a publish over HTTP to WebSocket and SSE', async () => {
    const client = await cluster.connect();
    await client.subscribe('news');
    const stream = await cluster.sse(['news'], { gateway: 2 });
    await stream.next({ event: 'welcome' });
    const { id } = await cluster.api().publish('news', { n: 1 });
    assert.equal((await client.message('news')).id, id);
    const event = await stream.next({ event: 'message' });
    assert.deepEqual(event.data.message, { n: 1 });
    assert.equal(event.data.id, id);
    await Promise.all([client.close(), stream.close()]);
  });

  it('starts a killed gateway again on its port', async () => {
    const port = cluster.gateway(2).port;
    await cluster.killAndWait('gateway-2');
    assert.equal(cluster.gateway(2).port, port);
    const client = await cluster.connect({ gateway: 2 });
    await client.close();
  });
});
