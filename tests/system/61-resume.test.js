// Coming back: everything missed, in order, once; or told that it is not so.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';

describe('resume', () => {
  const cluster = useCluster({ gateways: 2, set: { 'gateway.recover_max': 50, 'gateway.channel_linger_s': 0, 'gateway.max_queue_bytes': 65536, 'gateway.max_replay_bytes': 1000000 } });
  const position = (ack) => ({ offset: ack.offset, epoch: ack.epoch });
  async function fill(channel, n, from = 0) {
    const acks = [];
    for (let i = from; i < from + n; i++) acks.push(await cluster.api().publish(channel, i));
    return acks;
  }
  async function replay(client, channel, n) {
    const got = [];
    for (let i = 0; i < n; i++) got.push((await client.message(channel)).message);
    await client.ping();
    assert.deepEqual(client.peek({ action: 'message', channel }), []);
    return got;
  }

  it('replays what was missed, from the stream and from memory', async () => {
    const acks = await fill('history:1', 10);
    for (const keep of [false, true]) {
      const other = keep ? await cluster.connect() : null;
      if (other) {
        await other.subscribe('history:1');
        acks.push(...(await fill('history:1', 3, 10)));
        await replay(other, 'history:1', 3);
      }
      const client = await cluster.connect();
      const answer = await client.subscribe('history:1', { recover: position(acks[keep ? 9 : 3]) });
      assert.equal(answer.recovered, true);
      assert.deepEqual(await replay(client, 'history:1', keep ? 3 : 6), keep ? [10, 11, 12] : [4, 5, 6, 7, 8, 9]);
      await client.close();
      await other?.close();
    }
    assert.ok((await cluster.metric('gateway-1', 'fanfare_resumes_from_ring_total')) >= 1);
    assert.ok((await cluster.metric('gateway-1', 'fanfare_resumes_from_stream_total')) >= 1);
  });

  it('nothing missed is recovered with nothing', async () => {
    const acks = await fill('history:2', 2);
    const client = await cluster.connect();
    const answer = await client.subscribe('history:2', { recover: position(acks[1]) });
    assert.equal(answer.recovered, true);
    assert.deepEqual(answer.position, position(acks[1]));
    await client.ping();
    assert.deepEqual(client.peek({ action: 'message' }), []);
    await client.close();
  });

  it('may be more than max_queue_bytes; over max_replay_bytes it is recovered:false', async () => {
    const before = await cluster.sse(['history:big']);
    const acks = await fill('history:big', 1);
    const seen = await before.next({ event: 'message' });
    await before.close();
    const sent = [];
    for (let i = 0; i < 30; i++) {
      sent.push(`${i}`.padEnd(30000, 'x'));
      acks.push(await cluster.api().publish('history:big', sent[i]));
    }
    const client = await cluster.connect();
    assert.equal((await client.subscribe('history:big', { recover: position(acks[0]) })).recovered, true);
    assert.deepEqual(await replay(client, 'history:big', 30), sent);
    const stream = await cluster.sse(['history:big'], { lastEventId: seen.id });
    for (const body of sent) assert.equal((await stream.next({ event: 'message' })).data.message, body);
    await stream.close();
    for (let i = 0; i < 10; i++) await cluster.api().publish('history:big', sent[i]);
    const late = await cluster.connect();
    const answer = await late.subscribe('history:big', { recover: position(acks[0]) });
    assert.equal(answer.recovered, false);
    await late.ping();
    assert.deepEqual(late.peek({ action: 'message' }), []);
    await Promise.all([client.close(), late.close()]);
  });

  it('says recovered:false for another epoch, the future, too much, and what is gone', async () => {
    const acks = await fill('history:3', 60);
    const last = acks.at(-1);
    const rows = [
      { offset: acks[3].offset, epoch: 'other' },
      { offset: last.offset + 1000000, epoch: last.epoch },
      position(acks[2]),
    ];
    for (const recover of rows) {
      const client = await cluster.connect();
      const answer = await client.subscribe('history:3', { recover });
      assert.equal(answer.recovered, false, JSON.stringify(recover));
      assert.deepEqual(answer.position, position(last));
      await client.ping();
      assert.deepEqual(client.peek({ action: 'message' }), []);
      await cluster.api().publish('x', 1);
      await client.close();
    }
    const old = await cluster.api().publish('feed:3', 'first');
    await cluster.api().must('POST', '/v1/batch', { body: { messages: Array.from({ length: 110 }, (_, i) => ({ channel: 'feed:3', message: i })) } });
    const client = await cluster.connect();
    assert.equal((await client.subscribe('feed:3', { recover: position(old) })).recovered, false);
    await client.close();
  });

  it('live messages during a replay come after it, once', async () => {
    const acks = await fill('history:4', 20);
    let next = 20;
    let stopped = false;
    const load = (async () => {
      while (!stopped) await cluster.api().publish('history:4', next++);
    })();
    for (let round = 0; round < 10; round++) {
      const client = await cluster.connect({ gateway: (round % 2) + 1 });
      const from = Math.max(0, acks.length - 10);
      const start = await cluster.api().publish('history:4', `mark ${round}`);
      await client.subscribe('history:4', { recover: position(start) });
      const got = [];
      while (got.length < 20) {
        const { message } = await client.message('history:4');
        if (typeof message === 'number') got.push(message);
      }
      assert.deepEqual(got, Array.from({ length: 20 }, (_, i) => got[0] + i));
      assert.ok(from >= 0);
      await client.close();
    }
    stopped = true;
    await load;
  });

  it('an event stream resumes by Last-Event-ID, as header or in the query', async () => {
    const first = await cluster.sse(['history:5', 'history:6', 'plain']);
    for (let i = 0; i < 3; i++) await first.next({ event: 'subscribed' });
    await cluster.api().publish('history:5', 'a');
    const seen = await first.next((e) => e.data?.message === 'a');
    assert.ok(seen.id);
    await first.close();
    await cluster.api().publish('history:6', 'b');
    await cluster.api().publish('history:5', 'c');
    for (const options of [{ lastEventId: seen.id }, { query: { last_event_id: seen.id }, gateway: 2 }]) {
      const stream = await cluster.sse(['history:5', 'history:6', 'plain'], options);
      const got = [await stream.next({ event: 'message' }), await stream.next({ event: 'message' })];
      assert.deepEqual(got.map((e) => e.data.message).sort(), ['b', 'c']);
      await stream.close();
    }
    for (const lastEventId of ['nonsense', '0', 'x'.repeat(5000), '9999999999999999999999']) {
      const stream = await cluster.sse(['history:5'], { lastEventId });
      if (stream.status === 200) assert.notEqual((await stream.next({ event: 'subscribed' })).data.recovered, true);
      await stream.close();
    }
  });

  it('many who come back at once share the reads', async () => {
    const acks = await fill('history:7', 30);
    const before = await cluster.metric('gateway-2', 'fanfare_stream_reads_total');
    const clients = await Promise.all(Array.from({ length: 100 }, () => cluster.connect({ gateway: 2 })));
    const answers = await Promise.all(clients.map((c) => c.subscribe('history:7', { recover: position(acks[9]) })));
    assert.ok(answers.every((a) => a.recovered));
    for (const client of clients) assert.deepEqual(await replay(client, 'history:7', 20), acks.slice(10).map((_, i) => i + 10));
    const reads = (await cluster.metric('gateway-2', 'fanfare_stream_reads_total')) - before;
    assert.ok(reads < 20, `${reads} reads`);
    await Promise.all(clients.map((c) => c.close()));
  });

  it('a gap on the live stream is found and filled', async () => {
    const client = await cluster.connect();
    await client.subscribe('history:8');
    await fill('history:8', 1);
    await client.message('history:8');
    const gateway = cluster.row('gateway-1').pid;
    process.kill(gateway, 'SIGSTOP');
    await cluster.killAndWait('nats-1');
    await waitFor(() => cluster.isReady('ingress-1'));
    await fill('history:8', 20, 1);
    process.kill(gateway, 'SIGCONT');
    const got = [];
    for (let i = 0; i < 20; i++) got.push((await client.message('history:8')).message);
    assert.deepEqual(got, Array.from({ length: 20 }, (_, i) => i + 1));
    assert.deepEqual(client.peek({ action: 'gap' }), []);
    await client.close();
  });
});
