// Many clients on bad networks, and all gateways restarted at once. Delivered: all, in order, once.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';
import { ResumingClient } from './harness/resuming.js';

const CLIENTS = Number(process.env.JITTER_CLIENTS ?? 1000);
const SECONDS = 20;

async function openAll(clients) {
  for (let i = 0; i < clients.length; i += 50) await Promise.all(clients.slice(i, i + 50).map((c) => c.open()));
}

async function publishFor(cluster, channel, seconds, body) {
  let n = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    await cluster.api().publish(channel, n++);
    await body?.(n);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return n;
}

const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * p)] ?? 0;

describe('jitter', () => {
  const cluster = useCluster({ gateways: 2, set: { 'gateway.max_connections_per_ip': 0 } });

  it(`${CLIENTS} clients, each cut off about every 15 s for about 2 s: 100 % in order, no duplicate`, async () => {
    const clients = Array.from({ length: CLIENTS }, (_, i) => new ResumingClient(cluster.gateway((i % 2) + 1).ws, 'history:jitter'));
    const plain = Array.from({ length: CLIENTS / 10 }, (_, i) => new ResumingClient(cluster.gateway((i % 2) + 1).ws, 'plain-jitter', { plain: true }));
    const all = [...clients, ...plain];
    await openAll(all);
    let stopped = false;
    const cutting = all.map(async (client) => {
      const pause = () => new Promise((resolve) => setTimeout(resolve, 2000 + Math.random() * 13000));
      for (await pause(); !stopped; await pause()) if (!stopped) await client.cut(1500 + Math.random() * 1000);
    });
    const n = await publishFor(cluster, 'history:jitter', SECONDS, (i) => cluster.api().publish('plain-jitter', i - 1));
    stopped = true;
    await Promise.all(cutting);
    const want = Array.from({ length: n }, (_, i) => i);
    for (const client of clients) {
      await waitFor(() => client.received.length >= n, { what: 'everything' });
      assert.deepEqual(client.received, want);
      assert.equal(client.lost, 0);
    }
    const cuts = clients.reduce((sum, c) => sum + c.cuts, 0);
    assert.ok(cuts > CLIENTS / 2);
    const replays = clients.flatMap((c) => c.replays);
    const got = plain.reduce((sum, c) => sum + new Set(c.received).size, 0);
    console.log(`# ${cuts} cuts, replay p99 ${percentile(replays, 0.99)} ms; without resume ${((100 * got) / (n * plain.length)).toFixed(1)} % delivered`);
    await Promise.all(all.map((c) => c.close()));
  });

  it(`all gateways restarted under ${CLIENTS} clients: everyone is back, nothing is lost`, async () => {
    const clients = Array.from({ length: CLIENTS }, (_, i) => new ResumingClient(cluster.gateway((i % 2) + 1).ws, 'history:avalanche'));
    await openAll(clients);
    let killed;
    const n = await publishFor(cluster, 'history:avalanche', 8, async (i) => {
      if (i === 5) killed = Promise.all(['gateway-1', 'gateway-2'].map((name) => cluster.killAndWait(name)));
    });
    await killed;
    const start = Date.now();
    const want = Array.from({ length: n }, (_, i) => i);
    for (const client of clients) {
      await waitFor(() => client.received.length >= n, { what: 'everything', deadline: 60000 });
      assert.deepEqual(client.received, want);
    }
    console.log(`# everybody had everything ${Date.now() - start} ms after the last publish`);
    await Promise.all(clients.map((c) => c.close()));
  });
});
