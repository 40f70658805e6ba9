// Accepted is kept: numbered messages of several publishers while each process is killed; every one is sorted into
// acknowledged, unknown, lost, or double, as Jepsen's tests of NATS do.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';
import { ResumingClient } from './harness/resuming.js';

const PUBLISHERS = 3;

function startPublishers(cluster, channel, pauseMs) {
  const state = { acked: new Set(), unknown: new Set(), stopped: false };
  const run = async (p) => {
    for (let i = 0; !state.stopped; i++) {
      const message = `${p}.${i}`;
      const answer = await cluster.api((p % 2) + 1).post('/v1/publish', { channel, message }).catch(() => null);
      if (answer?.status === 200) state.acked.add(message);
      else if (!answer || answer.status >= 500) state.unknown.add(message);
      // A channel keeps 1,000 messages: a gap of some seconds must fit in.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const all = Promise.all(Array.from({ length: PUBLISHERS }, (_, p) => run(p)));
  return { state, stop: () => ((state.stopped = true), all) };
}

function check(received, { acked, unknown }) {
  const seen = new Set(received);
  assert.equal(seen.size, received.length, 'no message twice');
  const lost = [...acked].filter((m) => !seen.has(m));
  assert.deepEqual(lost, [], `lost ${lost.length} of ${acked.size}`);
  assert.deepEqual([...seen].filter((m) => m !== 'end' && !acked.has(m) && !unknown.has(m)), [], 'nothing that nobody sent');
  for (let p = 0; p < PUBLISHERS; p++) {
    const numbers = received.filter((m) => m.startsWith(`${p}.`)).map((m) => Number(m.split('.')[1]));
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `in the order of publisher ${p}`);
  }
}

async function torment(cluster, channel, trouble, pauseMs = 5) {
  const clients = [1, 2].map((g) => new ResumingClient(cluster.gateway(g).ws, channel));
  await Promise.all(clients.map((c) => c.open()));
  const publishers = startPublishers(cluster, channel, pauseMs);
  const progress = (n) => waitFor(() => publishers.state.acked.size >= n);
  await progress(20);
  await trouble();
  await progress(publishers.state.acked.size + 50);
  await publishers.stop();
  await waitFor(async () => (await cluster.api().post('/v1/publish', { channel, message: 'end' })).status === 200);
  for (const client of clients) {
    await waitFor(() => client.received.includes('end'), { what: 'the last message', deadline: 60000 });
    check(client.received.filter((m) => m !== 'end'), publishers.state);
    assert.equal(client.lost, 0);
    await client.close();
  }
}

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
