// Every limit that a client can meet: told with its code, the others untouched.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client, request, useCluster, waitFor } from './harness/index.js';

describe('limits', () => {
  const cluster = useCluster({
    set: {
      'gateway.max_messages_per_minute': 60,
      'gateway.max_subscriptions': 3,
      'gateway.max_connections': 8,
      'gateway.max_connections_per_ip': 5,
      'gateway.trusted_proxies': '127.0.0.1',
      'gateway.max_text_bytes': 4096,
      'gateway.max_binary_bytes': 8192,
      'gateway.max_queue_bytes': 262144,
      'gateway.allowed_origins': 'https://good.example',
      'ingress.max_requests_per_minute': 1000,
    },
  });
  const from = (address, options = {}) => cluster.connect({ ...options, headers: { 'X-Forwarded-For': address, ...options.headers } });

  it('A3: refuses message 61 of a minute; the connection stays', async () => {
    const client = await from('10.0.0.1');
    const answers = [];
    for (let i = 0; i < 61; i++) answers.push(await client.request('message', { channel: 'r', message: i }));
    const refused = answers.filter((a) => a.action === 'error');
    // A minute may end in the middle: then the count begins anew.
    assert.ok(refused.length <= 1);
    if (refused.length) assert.equal(refused[0].code, 'rate_limited');
    for (let i = 0; i < 61; i++) answers.push(await client.request('message', { channel: 'r', message: i }));
    assert.ok(answers.some((a) => a.code === 'rate_limited'));
    await client.ping();
    await client.close();
  });

  it('limits the channels of a connection', async () => {
    const client = await from('10.0.0.2');
    for (const channel of ['l1', 'l2', 'l3']) await client.subscribe(channel);
    assert.equal((await client.request('subscribe', { channel: 'l4' })).code, 'limit_reached');
    await client.must('unsubscribed', 'unsubscribe', { channel: 'l1' });
    await client.subscribe('l4');
    await client.close();
  });

  it('D8, D9: limits connections, of one address and of all', async () => {
    const open = [];
    for (let i = 0; i < 5; i++) open.push(await from('10.0.0.3'));
    const refusal = await request('GET', `${cluster.gateway().url}/v1/ws`, {
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'X-Forwarded-For': '10.0.0.3' },
    });
    assert.equal(refusal.status, 503);
    assert.equal(refusal.body.error.code, 'too_many_connections');
    for (let i = 0; i < 3; i++) open.push(await from(`10.0.1.${i}`));
    const client = new Client(cluster.gateway().ws, { headers: { 'X-Forwarded-For': '10.0.2.1' } });
    await client.closed;
    assert.match(String(client.error), /503/);
    await Promise.all(open.map((c) => c.close()));
    await waitFor(async () => (await from('10.0.0.3')).close().then(() => true), { what: 'room again' });
  });

  it('limits the size of a message, whole or in fragments', async () => {
    const big = await from('10.0.0.4');
    big.sendRaw('x'.repeat(4097));
    assert.equal((await big.closed).code, 1009);
    const parts = await from('10.0.0.4');
    const send = (text, fin) => parts.socket.send(text, { fin });
    for (let i = 0; i < 5; i++) send('x'.repeat(1000), false);
    assert.equal((await parts.closed).code, 1009);
    const bytes = await from('10.0.0.4');
    bytes.sendRaw(Buffer.alloc(8193));
    assert.equal((await bytes.closed).code, 1009);
    const joined = await from('10.0.0.4');
    joined.socket.send('{"action":', { fin: false });
    joined.socket.send('"ping",', { fin: false });
    joined.socket.send('"ref":1}', { fin: true });
    assert.equal((await joined.next({ ref: 1 })).action, 'pong');
    await joined.close();
  });

  it('closes who does not read, and nobody else', async () => {
    const slow = await from('10.0.0.6');
    const fast = await from('10.0.0.7');
    await slow.subscribe('flood');
    await fast.subscribe('flood');
    slow.socket.pause();
    const message = 'x'.repeat(50000);
    let sent = 0;
    await waitFor(async () => {
      await cluster.api().publish('flood', message);
      sent++;
      return (await cluster.metric('gateway-1', 'fanfare_connections_slow_total')) >= 1;
    });
    slow.socket.resume();
    const { code } = await slow.closed;
    assert.ok([4408, 1006].includes(code), `${code}`);
    for (let i = 0; i < sent; i++) await fast.message('flood');
    await fast.ping();
    await fast.close();
  });

  it('D9: compares origins whole', async () => {
    for (const origin of ['https://good.example.evil.com', 'https://evil.com', 'null', 'https://good.example.', 'http://good.example']) {
      const client = new Client(cluster.gateway().ws, { origin, headers: { 'X-Forwarded-For': '10.0.0.8' } });
      await client.closed;
      assert.match(String(client.error), /403/, origin);
    }
    const good = await from('10.0.0.8', { origin: 'https://good.example' });
    await good.close();
    const none = await from('10.0.0.8');
    await none.close();
  });

  it('limits the requests of a key', async () => {
    let status;
    await waitFor(async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => cluster.api().get('/v1/channels/none')));
      status = answers.find((a) => a.status === 429);
      return status;
    });
    assert.equal(status.body.error.code, 'rate_limited');
    assert.ok(status.headers['retry-after']);
  });
});

describe('whispers beyond the limit', () => {
  const LIMIT = 5;
  const cluster = useCluster({ gateways: 2, set: { 'gateway.max_messages_per_minute': LIMIT } });
  const allowed = Array.from({ length: LIMIT }, (_, n) => n);

  // [sender, member on another gateway]
  async function two(channel) {
    const clients = await Promise.all([1, 2].map((gateway) => cluster.connect({ gateway })));
    await Promise.all(clients.map((client) => client.subscribe(channel)));
    return clients;
  }
  // The allowed ones came, nothing more did, nothing to the sender, and nothing is stored. The member's message comes
  // after all that could have.
  async function finish([a, b], channel) {
    assert.deepEqual((await b.must('history', 'history', { channel })).messages, []);
    await b.publish(channel, 'after it');
    for (const client of [a, b]) assert.equal((await client.message(channel)).message, 'after it');
    assert.deepEqual(b.peek({ action: 'whisper' }).map((frame) => frame.message), allowed);
    assert.deepEqual(a.peek({ action: 'whisper' }), []);
    const { messages } = await b.must('history', 'history', { channel });
    assert.deepEqual(messages.map((frame) => frame.message), ['after it']);
    await Promise.all([a.close(), b.close()]);
  }

  it('are refused one by one and reach nobody; the connection stays', async () => {
    const channel = 'history:singly';
    const [a, b] = await two(channel);
    const whisper = (n) => a.request('whisper', { channel, event: 'typing', message: n });
    for (const n of allowed) assert.equal((await whisper(n)).action, 'ack');
    for (let n = LIMIT; n < 2 * LIMIT; n++) {
      const { action, code, message } = await whisper(n);
      assert.deepEqual([action, code, message], ['error', 'rate_limited', 'more than 5 messages in a minute']);
    }
    // All that is sent has one count.
    assert.equal((await a.request('message', { channel, message: 'too' })).code, 'rate_limited');
    await a.ping();
    await finish([a, b], channel);
  });

  it('are refused in a flood and in a batch too', async () => {
    const channel = 'history:flood';
    const [a, b] = await two(channel);
    const whisper = (n) => ({ action: 'whisper', data: { channel, event: 'typing', message: n } });
    for (let n = 0; n < 200; n++) a.send(whisper(n));
    const actions = ['x', 'y'].map((ref) => ({ ...whisper(ref), ref }));
    a.send({ action: 'batch', data: { actions }, ref: 'all' });
    for (const { ref } of actions) assert.equal((await a.next({ ref })).code, 'rate_limited');
    await a.next({ ref: 'all' });
    assert.equal(a.peek({ action: 'error', code: 'rate_limited' }).length, 200 - LIMIT);
    await finish([a, b], channel);
  });
});

describe('a connection that says nothing', () => {
  const cluster = useCluster({ set: { 'gateway.connection_timeout': 2, 'gateway.heartbeat_interval': 30 } });

  it('is closed after the connection timeout', async () => {
    const client = await cluster.connect();
    assert.equal((await client.closed).code, 4410);
  });
});

describe('heartbeats', () => {
  const cluster = useCluster({ set: { 'gateway.connection_timeout': 4, 'gateway.heartbeat_interval': 1, 'gateway.heartbeat_timeout': 2 } });

  it('A4: closes a peer that does not answer pings, keeps one that does', async () => {
    const start = Date.now();
    const silent = await cluster.connect({ ws: { autoPong: false } });
    const live = await cluster.connect();
    await silent.closed;
    // Longer than the connection timeout: only its pongs keep it.
    await waitFor(() => Date.now() - start > 6000);
    await live.ping();
    await live.close();
  });
});
