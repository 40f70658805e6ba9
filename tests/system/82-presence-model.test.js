// Presence against a model: users come, go, open tabs and lose them, gateways and presence replicas are killed. Whatever
// happens, nobody is told a thing twice; and once it is quiet for as long as a lease and a grace last, every list and
// what every client was told is the model: no ghost, nobody missing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { presenceView, useCluster, waitFor } from './harness/index.js';

const GATEWAYS = 3;
const CHANNELS = ['room:one', 'presence-two', 'room:three'];
const USERS = 12;
const PLAY_MS = 30_000;
const KILL_EVERY_MS = 4000;
const LEASE_MS = 3000;
const GRACE_MS = 3000; // the default of a namespace
const REST_MS = 1000; // for what is told when a lease or grace ends
const STILL_MS = 500;

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

// Resolves once ms have passed without a moment in which this machine stood still: what was due in them is done.
async function passed(ms) {
  let begun = Date.now();
  let turned = begun;
  const all = () => {
    const now = Date.now();
    if (now - turned > STILL_MS) begun = now;
    turned = now;
    return now - begun >= ms;
  };
  await waitFor(all, { what: `${ms} ms in which the machine does not stand still`, deadline: 120_000 });
}

async function come(cluster, gateway, user, channel) {
  const token = await cluster.api().token({ user_id: user, channels: ['*'] });
  const client = await cluster.connect({ gateway, token });
  await client.subscribe(channel);
  return client;
}

const ids = (members) => members.map((member) => member.user_id);

// Now, without waiting for anything: what the clients were told, what their gateways list, and the owner by HTTP.
async function compare(cluster, channel, clients, members) {
  const wanted = [...members].sort();
  for (const client of clients) {
    const { members: told, count } = presenceView(client, channel);
    const who = `${channel}: told to ${client.welcome.user_id}`;
    assert.deepEqual([[...told.keys()].sort(), count], [wanted, wanted.length], who);
  }
  const lists = clients.map((client) => client.must('presence_list', 'presence_list', { channel }));
  const owner = cluster.api().must('GET', `/v1/channels/${channel}/presence`);
  for (const list of await Promise.all([...lists, owner]))
    assert.deepEqual([ids(list.members), list.count, list.stale_ms], [wanted, wanted.length, undefined], channel);
}

function good(clients) {
  for (const client of clients)
    for (const channel of CHANNELS) assert.deepEqual(presenceView(client, channel).problems, [], channel);
}

describe('presence against a model', () => {
  const cluster = useCluster({ gateways: GATEWAYS, presences: 2, set: { 'presence.lease_ms': LEASE_MS } });
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);

  it(`seed ${seed}`, { timeout: 600_000 }, async () => {
    const model = new Model(cluster, dice(seed));
    const end = Date.now() + PLAY_MS;
    const troubled = trouble(cluster, dice(seed + 1), end);
    while (Date.now() < end) await model.step();
    await troubled;

    // Quiet: an observer on each gateway and channel, and a tab that stays.
    await model.open();
    const observers = new Map();
    for (const channel of CHANNELS)
      observers.set(channel, await Promise.all([1, 2, 3].map((gateway) => come(cluster, gateway, `o${gateway}`, channel))));
    await passed(LEASE_MS + GRACE_MS + REST_MS);

    const tabs = [...model.tabs];
    const clientsOn = (channel) => [
      ...observers.get(channel),
      ...tabs.filter((tab) => tab.channels.has(channel)).map((tab) => tab.client),
    ];
    const compared = CHANNELS.map((channel) =>
      compare(cluster, channel, clientsOn(channel), [...model.members(channel), 'o1', 'o2', 'o3']),
    );
    await Promise.all(compared);
    good([...tabs.map((tab) => tab.client), ...model.past, ...[...observers.values()].flat()]);
  });

  it('a killed gateway has no ghosts a second after its lease, and nobody else is gone', async () => {
    const channel = 'room:ghosts';
    const stay = await Promise.all([1, 2].map((gateway) => come(cluster, gateway, `s${gateway}`, channel)));
    const lost = await Promise.all(['x1', 'x2', 'x3', 's1'].map((user) => come(cluster, 3, user, channel)));
    await waitFor(() => stay.every((client) => presenceView(client, channel).count === 5), { what: 'all are here' });
    await Promise.all([passed(LEASE_MS + REST_MS), cluster.hold('gateway-3')]);
    await compare(cluster, channel, stay, ['s1', 's2']);
    for (const client of stay) assert.deepEqual(presenceView(client, channel).left.sort(), ['x1', 'x2', 'x3']);
    await cluster.release('gateway-3');
    const back = await come(cluster, 3, 'x1', channel);
    await passed(REST_MS);
    await compare(cluster, channel, [...stay, back], ['s1', 's2', 'x1']);
    await Promise.all([...stay, ...lost, back].map((client) => client.close()));
  });
});
