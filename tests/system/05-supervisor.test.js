// fanfare-up itself: what it starts, it also ends.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { Cluster, useCluster, waitFor } from './harness/index.js';

// Alive, and not a zombie that nobody has collected yet.
function isAlive(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch {
    return false;
  }
}

function pids({ info }) {
  return [...info.services, ...info.nats].map((row) => row.pid);
}

describe('fanfare-up', () => {
  it('stops all that it started', async () => {
    const cluster = await new Cluster({ gateways: 2 }).start();
    const all = pids(cluster);
    assert.ok(all.length >= 4);
    assert.ok(all.every(isAlive));
    await cluster.stop();
    assert.deepEqual(all.filter(isAlive), []);
  });

  it('leaves nothing behind when it is killed', async () => {
    const cluster = await new Cluster().start();
    const all = pids(cluster);
    cluster.process.kill('SIGKILL');
    await cluster.ended;
    await waitFor(() => !all.some(isAlive), { what: 'all are gone' });
    cluster.process = null;
    await cluster.stop();
  });

  it('says what a service did not like, and stops', async () => {
    const cluster = new Cluster({ set: { 'auth.nonsense': 1 } });
    await assert.rejects(cluster.start(), /auth-1 ended with status[^]*nonsense/);
    await cluster.stop();
  });

  it('passes over a port that is taken', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.on('listening', resolve));
    const { port } = server.address();
    const cluster = new Cluster({
      freePorts: false,
      args: ['--gateway-port', String(port), '--nats-port', String(port)],
    });
    try {
      await cluster.start();
      assert.notEqual(cluster.gateway().port, port);
      assert.notEqual(cluster.info.nats[0].port, port);
    } finally {
      server.close();
      await cluster.stop();
    }
  });

  it('does not start twice in one folder', async () => {
    const state = fs.mkdtempSync(path.join(os.tmpdir(), 'fanfare-test-'));
    const first = new Cluster();
    first.state = state;
    await first.run();
    const second = new Cluster();
    second.state = state;
    await assert.rejects(second.run(), /another one runs/);
    await first.stop();
  });
});

describe('a supervised cluster', () => {
  const cluster = useCluster();

  it('keeps its secrets to its owner', () => {
    for (const name of ['secrets', 'nats-1.conf', 'cluster.json']) {
      const { mode } = fs.statSync(path.join(cluster.state, name));
      assert.equal(mode & 0o777, 0o600, name);
    }
  });

  it('starts every killed process again in its place', async () => {
    for (const name of ['auth-1', 'ingress-1', 'gateway-1', 'nats-1']) {
      const before = cluster.row(name);
      await cluster.killAndWait(name);
      const now = cluster.row(name);
      assert.notEqual(now.pid, before.pid);
      assert.deepEqual({ ...now, pid: 0 }, { ...before, pid: 0 });
    }
    for (const { name } of cluster.info.services) await cluster.ready(name);
  });

  it('keeps down what a test holds down', async () => {
    await cluster.hold('ingress-1');
    assert.equal(await cluster.isReady('ingress-1').catch(() => false), false);
    await cluster.release('ingress-1');
    assert.equal(await cluster.isReady('ingress-1'), true);
  });
});
