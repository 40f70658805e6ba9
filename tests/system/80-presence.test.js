// Presence: who is here, across gateways, tabs, restarts and lost processes.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { presenceView, untilMembers, useCluster, waitFor } from './harness/index.js';

const LEASE_MS = 3000;

// A user's connection that is on the channel.
async function come(cluster, gateway, user, channel, claims = {}) {
  const token = await cluster.api().token({ user_id: user, channels: ['*'], ...claims });
  const client = await cluster.connect({ gateway, token });
  client.answer = await client.subscribe(channel);
  return client;
}

const ids = (members) => members.map((member) => member.user_id);
const count = (list, id) => list.filter((one) => one === id).length;

function good(clients, channel) {
  for (const client of clients)
    assert.deepEqual(presenceView(client, channel).problems, [], client.welcome.user_id);
}

describe('presence', () => {
  const cluster = useCluster({ gateways: 3, presences: 2, set: { 'presence.lease_ms': LEASE_MS } });

  it('here, joined and left: once, across gateways', async () => {
    const channel = 'presence-lobby';
    const ann = await come(cluster, 1, 'ann', channel, { name: 'Ann', info: { team: 'red' } });
    assert.deepEqual(ann.answer.presence, {
      count: 1,
      members: [{ user_id: 'ann', name: 'Ann', info: { team: 'red' }, status: 'online' }],
      more: false,
    });
    const bob = await come(cluster, 2, 'bob', channel);
    await untilMembers(ann, channel, ['ann', 'bob']);
    await untilMembers(bob, channel, ['ann', 'bob']);
    const cy = await come(cluster, 3, 'cy', channel);
    assert.deepEqual(ids(cy.answer.presence.members), ['ann', 'bob', 'cy']);
    assert.deepEqual(cy.answer.presence.members[0], ann.answer.presence.members[0]);
    await untilMembers(ann, channel, ['ann', 'bob', 'cy']);
    await bob.close();
    await untilMembers(ann, channel, ['ann', 'cy']);
    await untilMembers(cy, channel, ['ann', 'cy']);
    const view = presenceView(ann, channel);
    assert.deepEqual([view.joined, view.left, view.count], [['bob', 'cy'], ['bob'], 2]);
    good([ann, bob, cy], channel);
    await Promise.all([ann.close(), cy.close()]);
  });

  it('several tabs are one member', async () => {
    const channel = 'room:tabs';
    const ann = await come(cluster, 1, 'ann', channel);
    const tabs = await Promise.all([1, 1, 2, 3].map((gateway) => come(cluster, gateway, 'bob', channel)));
    await untilMembers(ann, channel, ['ann', 'bob']);
    await Promise.all(tabs.slice(0, 3).map((tab) => tab.close()));
    const cy = await come(cluster, 2, 'cy', channel);
    await untilMembers(ann, channel, ['ann', 'bob', 'cy']);
    await tabs[3].request('unsubscribe', { channel });
    await untilMembers(ann, channel, ['ann', 'cy']);
    const view = presenceView(ann, channel);
    assert.deepEqual([view.joined, view.left], [['bob', 'cy'], ['bob']]);
    good([ann, cy, ...tabs], channel);
    await Promise.all([ann.close(), cy.close(), tabs[3].close()]);
  });

  it('a page that is loaded again within the grace tells nobody', async () => {
    const channel = 'room:reload';
    const ann = await come(cluster, 1, 'ann', channel);
    let bob = await come(cluster, 2, 'bob', channel);
    await untilMembers(ann, channel, ['ann', 'bob']);
    const token = await cluster.api().token({ user_id: 'bob' });
    for (const gateway of [3, 2, 1]) {
      await bob.terminate();
      bob = await cluster.connect({ gateway, token });
      await bob.subscribe(channel);
    }
    // Whoever comes and goes later is told; nothing of bob before it.
    const cy = await come(cluster, 3, 'cy', channel);
    await cy.close();
    await waitFor(() => presenceView(ann, channel).left.length > 0, { what: 'cy left' });
    const view = presenceView(ann, channel);
    assert.deepEqual([view.joined, view.left], [['bob', 'cy'], ['cy']]);
    good([ann, bob], channel);
    await Promise.all([ann.close(), bob.close()]);
  });

  it('anonymous visitors see members and are none', async () => {
    const channel = 'room:guests';
    const guest = await cluster.connect({ gateway: 2 });
    assert.deepEqual((await guest.subscribe(channel)).presence, { count: 0, members: [], more: false });
    const ann = await come(cluster, 1, 'ann', channel);
    await untilMembers(guest, channel, ['ann']);
    assert.deepEqual(ids(ann.answer.presence.members), ['ann']);
    await ann.close();
    await untilMembers(guest, channel, []);
    await guest.close();
  });

  it('a login on an open connection makes a member', async () => {
    const channel = 'room:login';
    const ann = await come(cluster, 1, 'ann', channel);
    const late = await cluster.connect({ gateway: 2 });
    await late.subscribe(channel);
    const token = await cluster.api().token({ user_id: 'late' });
    await late.must('authenticated', 'auth', { token });
    await untilMembers(ann, channel, ['ann', 'late']);
    await Promise.all([ann.close(), late.close()]);
  });

  it('an event stream is a member and is told', async () => {
    const channel = 'room:stream';
    const ann = await come(cluster, 1, 'ann', channel);
    const token = await cluster.api().token({ user_id: 'sse' });
    const stream = await cluster.sse([channel], { gateway: 2, token });
    const subscribed = await stream.next({ event: 'subscribed' });
    assert.ok(ids(subscribed.data.presence.members).includes('sse'));
    await untilMembers(ann, channel, ['ann', 'sse']);
    const bob = await come(cluster, 3, 'bob', channel);
    await stream.next((event) => event.event === 'presence' && ids(event.data.joined ?? []).includes('bob'));
    await stream.close();
    await untilMembers(ann, channel, ['ann', 'bob']);
    await Promise.all([ann.close(), bob.close()]);
  });

  it('status and activity', async () => {
    const channel = 'room:status';
    const ann = await come(cluster, 1, 'ann', channel);
    const bob = await come(cluster, 2, 'bob', channel);
    await untilMembers(ann, channel, ['ann', 'bob']);
    const set = await bob.must('presence_set', 'presence', { status: 'busy', activity: 'writing' });
    assert.deepEqual([set.status, set.activity], ['busy', 'writing']);
    for (const client of [ann, bob]) {
      const frame = await client.next((f) => f.action === 'presence' && f.changed?.[0].user_id === 'bob');
      assert.deepEqual(frame.changed, [{ user_id: 'bob', status: 'busy', activity: 'writing' }]);
    }
    const cy = await come(cluster, 3, 'cy', channel);
    const wanted = { user_id: 'bob', status: 'busy', activity: 'writing' };
    await waitFor(async () => {
      const { members } = await cy.must('presence_list', 'presence_list', { channel });
      return isDeepStrictEqual(members[1], wanted);
    });
    await bob.must('presence_set', 'presence', { status: 'online', activity: '' });
    const frame = await cy.next((f) => f.action === 'presence' && f.changed);
    assert.deepEqual(frame.changed, [{ user_id: 'bob', status: 'online', activity: '' }]);
    const wrong = await bob.request('presence', { status: 'lost' });
    assert.deepEqual([wrong.code, wrong.field], ['invalid', 'status']);
    const guest = await cluster.connect();
    assert.equal((await guest.request('presence', { status: 'away' })).code, 'unauthenticated');
    await Promise.all([ann, bob, cy, guest].map((client) => client.close()));
  });

  it('who is invisible is in no list', async () => {
    const channel = 'room:invisible';
    const ann = await come(cluster, 1, 'ann', channel);
    const eve = await come(cluster, 2, 'eve', channel);
    await untilMembers(ann, channel, ['ann', 'eve']);
    await eve.must('presence_set', 'presence', { invisible: true });
    await untilMembers(ann, channel, ['ann']);
    const bob = await come(cluster, 3, 'bob', channel);
    assert.deepEqual(ids(bob.answer.presence.members), ['ann', 'bob']);
    const online = async () => ids((await bob.must('presence_list', 'presence_list', {})).users);
    await waitFor(async () => !(await online()).includes('eve'), { what: 'eve is not online' });
    await eve.must('presence_set', 'presence', { invisible: false });
    await untilMembers(ann, channel, ['ann', 'bob', 'eve']);
    await untilMembers(bob, channel, ['ann', 'bob', 'eve']);
    good([ann, bob, eve], channel);
    await Promise.all([ann, bob, eve].map((client) => client.close()));
  });

  it('lists in pages, and online users', async () => {
    const channel = 'room:pages';
    const users = Array.from({ length: 120 }, (_, i) => `p${String(i).padStart(3, '0')}`);
    const clients = [];
    for (let i = 0; i < users.length; i += 20)
      clients.push(...(await Promise.all(users.slice(i, i + 20).map((user, k) => come(cluster, 1 + ((i + k) % 3), user, channel)))));
    const watcher = await cluster.connect({ gateway: 2 });
    await watcher.subscribe(channel);
    const list = (data) => watcher.must('presence_list', 'presence_list', { channel, ...data });
    await waitFor(async () => (await list({})).count === 120, { what: '120 members' });
    const counted = await cluster.api().get(`/v1/channels/${channel}/presence/count`);
    assert.deepEqual(counted.body, { occupied: true, count: 120 });
    const seen = [];
    for (let more = true; more; ) {
      const page = await list({ after: seen.at(-1), limit: 50 });
      assert.equal(page.count, 120);
      assert.equal(page.stale_ms, undefined);
      seen.push(...ids(page.members));
      more = page.more;
    }
    assert.deepEqual(seen, users);
    const late = await come(cluster, 3, 'zoe', channel);
    assert.equal(late.answer.presence.count, 121);
    assert.deepEqual(ids(late.answer.presence.members), users.slice(0, 100));
    assert.equal(late.answer.presence.more, true);
    const all = { what: 'all are online' };
    await waitFor(async () => {
      const online = await late.must('presence_list', 'presence_list', { limit: 1000 });
      return users.every((user) => ids(online.users).includes(user));
    }, all);
    assert.equal((await late.request('presence_list', { channel: 'room:other' })).code, 'not_subscribed');
    await late.subscribe('plain');
    assert.equal((await late.request('presence_list', { channel: 'plain' })).code, 'no_presence');
    await Promise.all([...clients, watcher, late].map((client) => client.close()));
  });

  it('a gateway that dies: its members leave once, after its lease', async () => {
    const channel = 'room:lease';
    const ann = await come(cluster, 1, 'ann', channel);
    const lost = await Promise.all(['x1', 'x2', 'x3', 'both'].map((user) => come(cluster, 3, user, channel)));
    const both = await come(cluster, 2, 'both', channel);
    await untilMembers(ann, channel, ['ann', 'both', 'x1', 'x2', 'x3']);
    await cluster.hold('gateway-3');
    await untilMembers(ann, channel, ['ann', 'both']);
    await untilMembers(both, channel, ['ann', 'both']);
    await cluster.release('gateway-3');
    const back = await come(cluster, 3, 'x1', channel);
    assert.deepEqual(ids(back.answer.presence.members), ['ann', 'both', 'x1']);
    await untilMembers(ann, channel, ['ann', 'both', 'x1']);
    const view = presenceView(ann, channel);
    assert.deepEqual(view.left.sort(), ['x1', 'x2', 'x3']);
    assert.equal(count(view.joined, 'x1'), 2);
    good([ann, both, back], channel);
    await Promise.all([ann, both, back, ...lost].map((client) => client.close()));
  });
});

// Whoever loads: users come and go on some channels, until told to stop.
function load(cluster, channels) {
  const here = channels.map(() => new Map()); // user -> client
  let stopped = false;
  const step = async (n) => {
    const i = n % channels.length;
    const user = `l${(n * 7) % 20}`;
    const there = here[i].get(user);
    if (there) {
      here[i].delete(user);
      await there.close();
    } else {
      here[i].set(user, await come(cluster, 1 + (n % 3), user, channels[i]));
    }
  };
  const done = (async () => {
    for (let n = 0; !stopped; n++) await step(n);
  })();
  return {
    here,
    async stop() {
      stopped = true;
      await done;
    },
  };
}

describe('presence, when a replica is lost', () => {
  const cluster = useCluster({ gateways: 3, presences: 2, set: { 'presence.lease_ms': LEASE_MS } });
  const channels = ['room:a', 'room:b', 'room:c', 'room:d'];
  let watchers;
  before(async () => {
    watchers = await Promise.all(
      channels.flatMap((channel) => [1, 2, 3].map((gateway) => come(cluster, gateway, `w${gateway}`, channel))),
    );
  });
  after(() => Promise.all(watchers.map((client) => client.close())));

  const expected = (here, i) => ['w1', 'w2', 'w3', ...here[i].keys()];

  async function allKnow(here) {
    for (const [i, channel] of channels.entries())
      for (const watcher of watchers.slice(3 * i, 3 * i + 3))
        await untilMembers(watcher, channel, expected(here, i), 60_000);
    for (const [i, channel] of channels.entries()) good(watchers.slice(3 * i, 3 * i + 3), channel);
  }

  async function underLoad(trouble) {
    const { here, stop } = load(cluster, channels);
    await trouble();
    await stop();
    await allKnow(here);
    await Promise.all(here.flatMap((map) => [...map.values()].map((client) => client.close())));
    await allKnow(channels.map(() => new Map()));
  }

  it('killed under load: nobody is told a wrong thing', () => underLoad(() => cluster.killAndWait('presence-1')));
  it('taken away under load, and added again', () =>
    underLoad(async () => {
      await cluster.hold('presence-2');
      await waitFor(() => cluster.metric('presence-1', 'fanfare_presence_partitions').then((n) => n === 64), {
        what: 'presence-1 owns everything',
      });
      await cluster.release('presence-2');
      await waitFor(() => cluster.metric('presence-2', 'fanfare_presence_partitions').then((n) => n > 0), {
        what: 'presence-2 owns something',
      });
    }));
});

describe('presence, when the service is away', () => {
  const cluster = useCluster({ gateways: 2, presences: 1 });

  it('lists are kept and tell their age, and are never empty', async () => {
    const channel = 'room:stale';
    const ann = await come(cluster, 1, 'ann', channel);
    const bob = await come(cluster, 2, 'bob', channel);
    await untilMembers(ann, channel, ['ann', 'bob']);
    await cluster.hold('presence-1');
    const list = () => ann.must('presence_list', 'presence_list', { channel });
    const stale = await waitFor(async () => ((await list()).stale_ms !== undefined ? list() : null), {
      what: 'the list is stale',
    });
    assert.deepEqual(ids(stale.members), ['ann', 'bob']);
    const later = await waitFor(async () => {
      const now = await list();
      return now.stale_ms > stale.stale_ms && now;
    });
    assert.deepEqual(ids(later.members), ['ann', 'bob']);
    const cy = await come(cluster, 1, 'cy', channel);
    assert.deepEqual(ids(cy.answer.presence.members), ['ann', 'bob', 'cy']);
    assert.ok(cy.answer.presence.stale_ms >= later.stale_ms);
    const fresh = await come(cluster, 1, 'dan', 'room:new');
    assert.deepEqual(ids(fresh.answer.presence.members), ['dan']);
    assert.ok(fresh.answer.presence.stale_ms >= 0);
    assert.equal((await ann.request('presence_list', {})).code, 'unavailable');
    assert.equal((await ann.request('presence', { status: 'away' })).code, 'unavailable');
    await bob.close();
    await cluster.release('presence-1');
    await untilMembers(ann, channel, ['ann', 'cy']);
    await waitFor(async () => (await list()).stale_ms === undefined, { what: 'the list is fresh' });
    good([ann, cy], channel);
    await Promise.all([ann, cy, fresh].map((client) => client.close()));
  });

  it('without the bus too', async () => {
    const channel = 'room:bus';
    const ann = await come(cluster, 1, 'ann', channel);
    const bob = await come(cluster, 2, 'bob', channel);
    await untilMembers(ann, channel, ['ann', 'bob']);
    await cluster.hold('nats-1');
    await ann.next({ action: 'status', delivery: 'uncertain' });
    const list = await ann.must('presence_list', 'presence_list', { channel });
    assert.deepEqual(ids(list.members), ['ann', 'bob']);
    assert.ok(list.stale_ms >= 0);
    await bob.close();
    await cluster.release('nats-1');
    const services = ['auth-1', 'ingress-1', 'gateway-1', 'gateway-2', 'presence-1'];
    await Promise.all(services.map((name) => cluster.ready(name)));
    await untilMembers(ann, channel, ['ann'], 60_000);
    const cy = await come(cluster, 2, 'cy', channel);
    await untilMembers(ann, channel, ['ann', 'cy'], 60_000);
    assert.deepEqual(presenceView(ann, channel).left, ['bob']);
    good([ann, cy], channel);
    await Promise.all([ann, cy].map((client) => client.close()));
  });
});
