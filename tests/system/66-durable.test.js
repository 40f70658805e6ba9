// Accepted is kept: numbered messages of several publishers while each process is killed; every one is sorted into
// acknowledged, unknown, lost, or double, as Jepsen's tests of NATS do.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';
import { torment } from './harness/torment.js';

describe('accepted messages', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2 });
  for (const name of ['gateway-1', 'ingress-1', 'nats-1']) {
    it(`survive kill -9 of ${name}`, () =>
      torment(cluster, `history:${name}`, async () => {
        await cluster.killAndWait(name);
        await cluster.killAndWait(name);
      }));
  }

  it('survive kill -9 of everything', async () => {
    await torment(cluster, 'history:all', async () => {
      await Promise.all(['gateway-1', 'gateway-2', 'ingress-1', 'ingress-2', 'auth-1', 'documents-1', 'nats-1'].map((n) => cluster.killAndWait(n)));
    });
  });

  it('reach those who are connected once the bus is back', async () => {
    const client = await cluster.connect();
    await client.subscribe('history:back');
    await cluster.api().publish('history:back', 1);
    await client.message('history:back');
    await cluster.killAndWait('nats-1');
    await waitFor(async () => (await cluster.api().post('/v1/publish', { channel: 'history:back', message: 2 })).status === 200);
    assert.equal((await client.message('history:back')).message, 2);
    await client.close();
  });
});

describe('three NATS servers with three replicas', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2, natsServers: 3, set: { 'auth.history_replicas': 3, 'documents.replicas': 3 } });
  it('one after the other is killed: nothing acknowledged is lost', () =>
    // Elections take seconds, and while they last nothing can be read back.
    torment(cluster, 'history:r3', async () => {
      for (const n of [1, 2, 3]) {
        await cluster.killAndWait(`nats-${n}`);
        await waitFor(async () => (await cluster.api(1).post('/v1/publish', { channel: 'history:probe', message: n })).status === 200, { deadline: 60000 });
      }
    }, 50));
});
