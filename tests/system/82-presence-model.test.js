// Presence against a model: users come, go, open tabs and lose them, gateways and presence replicas are killed. Whatever
// happens, nobody is told a thing twice; and once it is quiet, every list is the model's.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { presenceView, untilMembers, useCluster, waitFor } from './harness/index.js';

const GATEWAYS = 3;
const CHANNELS = ['room:one', 'presence-two', 'room:three'];
const USERS = 12;
const PLAY_MS = 30_000;
const KILL_EVERY_MS = 4000;
const SETTLE_MS = 60_000;

// A small generator, so that a run's seed tells what was tried.
function dice(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

class Model {
  tabs = new Set(); // { user, gateway, client, channels }
  past = []; // clients that are gone, for their logs

  constructor(cluster, random) {
    Object.assign(this, { cluster, random });
  }

  pick(list) {
    return list[this.random(list.length)];
  }
  members(channel) {
    return [...new Set([...this.tabs].filter((tab) => tab.channels.has(channel)).map((tab) => tab.user))];
  }

  async open() {
    const user = `u${this.random(USERS)}`;
    const gateway = 1 + this.random(GATEWAYS);
    const token = await this.cluster.api().token({ user_id: user, channels: ['*'] });
    const client = await this.cluster.connect({ gateway, token });
    const tab = { user, gateway, client, channels: new Set() };
    this.tabs.add(tab);
    client.closed.then(() => this.lost(tab));
    await this.join(tab);
  }
  lost(tab) {
    if (this.tabs.delete(tab)) this.past.push(tab.client);
  }
  async join(tab) {
    const channel = this.pick(CHANNELS);
    await tab.client.subscribe(channel);
    tab.channels.add(channel);
  }
  async leave(tab) {
    const [channel] = tab.channels;
    await tab.client.must('unsubscribed', 'unsubscribe', { channel });
    tab.channels.delete(channel);
  }
  async close(tab) {
    this.lost(tab);
    await (this.random(2) ? tab.client.close() : tab.client.terminate());
  }

  // What a lost gateway or a busy service refuses is tried again some time.
  async step() {
    const tab = this.pick([...this.tabs]);
    const what = this.random(10);
    try {
      if (!tab || what < 3 || this.tabs.size < 6) await this.open();
      else if (what < 5 || this.tabs.size > 40) await this.close(tab);
      else if (what < 8) await this.join(tab);
      else if (tab.channels.size > 0) await this.leave(tab);
    } catch {
      if (tab) await this.close(tab);
    }
  }
}

async function trouble(cluster, random, until) {
  const names = ['gateway-1', 'gateway-2', 'gateway-3', 'presence-1', 'presence-2'];
  while (Date.now() < until) {
    const next = Date.now() + KILL_EVERY_MS;
    const name = names[random(names.length)];
    // Short absences come before the lease ends, long ones after.
    if (random(2)) await cluster.killAndWait(name);
    else {
      await cluster.hold(name);
      const back = Date.now() + KILL_EVERY_MS;
      await waitFor(() => Date.now() >= back);
      await cluster.release(name);
    }
    await waitFor(() => Date.now() >= next);
  }
}

async function observe(cluster, gateway, channel) {
  const token = await cluster.api().token({ user_id: `o${gateway}`, channels: ['*'] });
  const client = await cluster.connect({ gateway, token });
  await client.subscribe(channel);
  return client;
}

describe('presence against a model', () => {
  const cluster = useCluster({ gateways: GATEWAYS, presences: 2, set: { 'presence.lease_ms': 3000 } });
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);

  it(`seed ${seed}`, { timeout: 600_000 }, async () => {
    const model = new Model(cluster, dice(seed));
    const end = Date.now() + PLAY_MS;
    const troubled = trouble(cluster, dice(seed + 1), end);
    while (Date.now() < end) await model.step();
    await troubled;

    // Quiet: an observer on each gateway and channel, and a tab that stays.
    await model.open();
    const tabs = [...model.tabs];
    for (const channel of CHANNELS) {
      const observers = await Promise.all([1, 2, 3].map((gateway) => observe(cluster, gateway, channel)));
      const ids = [...model.members(channel), 'o1', 'o2', 'o3'].sort();
      for (const observer of observers) {
        await untilMembers(observer, channel, ids, SETTLE_MS);
        const list = await observer.must('presence_list', 'presence_list', { channel });
        assert.deepEqual([list.members.map((member) => member.user_id), list.count], [ids, ids.length]);
      }
      for (const tab of tabs.filter((one) => one.channels.has(channel)))
        await untilMembers(tab.client, channel, ids, SETTLE_MS);
    }
    for (const client of [...tabs.map((tab) => tab.client), ...model.past])
      for (const channel of CHANNELS) assert.deepEqual(presenceView(client, channel).problems, [], channel);
  });
});
