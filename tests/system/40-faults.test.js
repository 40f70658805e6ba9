// Each process killed under load, NATS stopped and started: what was promised holds, and all come back.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';

// Publishes numbers until told to stop; which were acknowledged.
function publisher(cluster, channel, n) {
  const acked = [];
  let stopped = false;
  const done = (async () => {
    for (let i = 0; !stopped; i++) {
      const answer = await cluster.api(n).post('/v1/publish', { channel, message: i }).catch(() => null);
      if (answer?.status === 200) acked.push(i);
    }
  })();
  return {
    acked,
    stop: async () => {
      stopped = true;
      await done;
    },
  };
}

describe('a process is killed', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2, auths: 2 });

  for (const name of ['auth-1', 'documents-1', 'ingress-1', 'gateway-1']) {
    it(`kill -9 of ${name}: the others serve on, and it comes back`, async () => {
      const token = await cluster.api(2).token({ user_id: '42' });
      const client = await cluster.connect({ gateway: 2, token });
      await client.subscribe('on');
      const load = publisher(cluster, 'on', 2);
      await client.message('on');
      await cluster.killAndWait(name);
      const seen = client.frames.filter((f) => f.action === 'message').length;
      await waitFor(() => client.frames.filter((f) => f.action === 'message').length > seen + 5);
      await load.stop();
      await waitFor(() => client.frames.filter((f) => f.action === 'message').length === load.acked.length, { what: 'all that was acknowledged' });
      assert.deepEqual(client.frames.filter((f) => f.action === 'message').map((f) => f.message), load.acked);
      const back = await cluster.connect({ gateway: 1, token });
      assert.equal(back.welcome.user_id, '42');
      await back.subscribe('on');
      await cluster.api(1).publish('on', 'again');
      assert.equal((await back.message('on')).message, 'again');
      await Promise.all([client.close(), back.close()]);
    });
  }
});

describe('NATS is away', () => {
  const cluster = useCluster({ gateways: 2 });

  it('clients stay, are told, and all goes on afterwards', async () => {
    const a = await cluster.connect({ gateway: 1 });
    const b = await cluster.connect({ gateway: 2 });
    await a.subscribe('nats');
    await b.subscribe('nats');
    await cluster.hold('nats-1');
    for (const client of [a, b]) assert.equal((await client.next({ action: 'status' })).delivery, 'uncertain');
    assert.equal((await a.request('message', { channel: 'nats', message: 1 })).code, 'unavailable');
    assert.equal((await a.request('subscribe', { channel: 'new' })).code, 'unavailable');
    assert.equal((await cluster.api().post('/v1/publish', { channel: 'nats', message: 1 })).status, 503);
    await a.ping();
    assert.equal(await cluster.isReady('gateway-1'), false);
    await cluster.release('nats-1');
    for (const client of [a, b]) assert.equal((await client.next({ action: 'status', delivery: 'ok' })).delivery, 'ok');
    await waitFor(() => cluster.isReady('ingress-1'));
    await a.subscribe('new');
    await cluster.api().publish('nats', 'back');
    assert.equal((await a.message('nats')).message, 'back');
    assert.equal((await b.message('nats')).message, 'back');
    await a.publish('nats', 'mine');
    assert.equal((await b.message('nats')).message, 'mine');
    await Promise.all([a.close(), b.close()]);
  });

  it('kill -9 of NATS under load, several times: nothing comes twice, out of order, or damaged', async () => {
    const client = await cluster.connect({ gateway: 2 });
    await client.subscribe('storm');
    const load = publisher(cluster, 'storm', 1);
    for (let i = 0; i < 3; i++) {
      await client.message('storm');
      await cluster.killAndWait('nats-1');
      await client.next({ action: 'status', delivery: 'ok' });
      await waitFor(() => cluster.isReady('ingress-1'));
    }
    await load.stop();
    const last = await waitFor(async () => {
      const { id } = await cluster.api().publish('storm', 'end');
      return client.next((f) => f.id === id, 2000);
    });
    assert.equal(last.message, 'end');
    const numbers = client.frames.filter((f) => f.action === 'message').map((f) => f.message).filter((m) => typeof m === 'number');
    assert.deepEqual(numbers, [...new Set(numbers)].sort((x, y) => x - y));
    await client.close();
  });
});

describe('an orderly stop', () => {
  const cluster = useCluster({ gateways: 2 });

  it('C7: tells clients, closes them with 1012, and the others go on', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => cluster.connect({ gateway: 1 })));
    const other = await cluster.connect({ gateway: 2 });
    const stream = await cluster.sse(['x'], { gateway: 1 });
    await cluster.hold('gateway-1', 'SIGTERM');
    for (const client of clients) assert.equal((await client.closed).code, 1012);
    await stream.closed;
    await other.ping();
    await cluster.release('gateway-1');
    await other.close();
  });
});
