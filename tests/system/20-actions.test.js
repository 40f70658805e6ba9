// Every client action and its answers, over WebSocket.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster } from './harness/index.js';

describe('actions', () => {
  const cluster = useCluster({ gateways: 2 });

  it('A1: subscribe, message, unsubscribe; refs are echoed as they are', async () => {
    const client = await cluster.connect();
    for (const ref of [7, 'seven', null, true, 1.5]) {
      client.send({ action: 'subscribe', data: { channel: 'a1' }, ref });
      const answer = await client.next({ action: 'subscribed' });
      assert.equal(answer.ref ?? null, ref);
      assert.equal(answer.channel, 'a1');
      assert.equal(answer.position, undefined);
      await client.must('unsubscribed', 'unsubscribe', { channel: 'a1' });
    }
    await client.subscribe('a1');
    await client.publish('a1', 'x');
    assert.equal((await client.message('a1')).message, 'x');
    await client.must('unsubscribed', 'unsubscribe', { channel: 'a1' });
    await client.publish('a1', 'unseen');
    await client.ping();
    assert.deepEqual(client.peek({ action: 'message' }), []);
    await client.close();
  });

  it('carries any JSON value exactly as it was written', async () => {
    const client = await cluster.connect();
    await client.subscribe('exact');
    const values = ['{"b":1.50,"a":[1e2, {}],"ü":"\\u00fc\\u2028"}', '0', '-1.0', '""', 'null', 'false', '[[]]', '"</script>"'];
    for (const value of values) {
      client.sendRaw(`{"action":"message","data":{"channel":"exact","message":${value}}}`);
      const frame = await client.message('exact');
      assert.deepEqual(frame.message, JSON.parse(value));
    }
    await client.close();
  });

  it('names event, sender, time and id in a delivery', async () => {
    const token = await cluster.api().token({ user_id: 42 });
    const client = await cluster.connect({ token });
    await client.subscribe('named');
    const before = Date.now();
    const ack = await client.publish('named', 1, { event: 'order.created' });
    const frame = await client.message('named');
    assert.equal(frame.event, 'order.created');
    assert.equal(frame.sender, '42');
    assert.equal(frame.id, ack.id);
    assert.ok(frame.timestamp >= before - 1000 && frame.timestamp <= Date.now() + 1000);
    await client.close();
  });

  it('A2: recipients alone get it', async () => {
    const tokens = await Promise.all(['1', '2', '3'].map((id) => cluster.api().token({ user_id: id })));
    const clients = await Promise.all(tokens.map((token, i) => cluster.connect({ token, gateway: (i % 2) + 1 })));
    const nobody = await cluster.connect();
    for (const client of [...clients, nobody]) await client.subscribe('a2');
    await clients[0].publish('a2', 'for two', { recipients: [2, '3'] });
    await clients[0].publish('a2', 'for all');
    for (const client of [...clients, nobody]) {
      const want = client === clients[1] || client === clients[2] ? ['for two', 'for all'] : ['for all'];
      for (const text of want) assert.equal((await client.message('a2')).message, text);
    }
    await Promise.all([...clients, nobody].map((client) => client.close()));
  });

  it('A14: a batch does its actions in order, each with its own answer', async () => {
    const client = await cluster.connect();
    client.send({
      action: 'batch',
      ref: 'b',
      data: {
        actions: [
          { action: 'subscribe', data: { channel: 'a14' }, ref: 1 },
          { action: 'message', data: { channel: 'a14', message: 'first' }, ref: 2 },
          { action: 'nonsense', ref: 3 },
          { action: 'message', data: { channel: 'a14', message: 'second' }, ref: 4 },
          { action: 'batch', data: { actions: [{ action: 'ping' }] }, ref: 5 },
        ],
      },
    });
    assert.equal((await client.next({ ref: 1 })).action, 'subscribed');
    assert.equal((await client.next({ ref: 2 })).action, 'ack');
    assert.equal((await client.next({ ref: 3 })).code, 'unknown_action');
    assert.equal((await client.next({ ref: 4 })).action, 'ack');
    assert.equal((await client.next({ ref: 5 })).action, 'error');
    assert.equal((await client.next({ ref: 'b' })).action, 'batch');
    assert.equal((await client.message('a14')).message, 'first');
    assert.equal((await client.message('a14')).message, 'second');
    await client.close();
  });

  it('B7: a whisper goes to the others, not back, and is not stored', async () => {
    const a = await cluster.connect({ gateway: 1 });
    const b = await cluster.connect({ gateway: 2 });
    await a.subscribe('history:w');
    await b.subscribe('history:w');
    a.send({ action: 'whisper', data: { channel: 'history:w', event: 'typing', message: { on: true } } });
    const frame = await b.next({ action: 'whisper' });
    assert.equal(frame.event, 'typing');
    assert.deepEqual(frame.message, { on: true });
    await a.publish('history:w', 'after');
    await a.message('history:w');
    assert.deepEqual(a.peek({ action: 'whisper' }), []);
    const { messages } = await b.must('history', 'history', { channel: 'history:w' });
    assert.deepEqual(messages.map((m) => m.message), ['after']);
    const stranger = await cluster.connect();
    const refusal = await stranger.request('whisper', { channel: 'history:w', event: 'typing' });
    assert.equal(refusal.code, 'not_subscribed');
    await Promise.all([a, b, stranger].map((client) => client.close()));
  });

  it('carries bytes as bytes', async () => {
    const a = await cluster.connect();
    const b = await cluster.connect({ gateway: 2 });
    const stream = await cluster.sse(['bytes']);
    await stream.next({ event: 'subscribed' });
    await b.subscribe('bytes');
    const bytes = Buffer.from([0, 255, 10, 13, 10, 128, 0]);
    const head = JSON.stringify({ action: 'message', data: { channel: 'bytes' }, ref: 1 });
    a.sendRaw(Buffer.concat([Buffer.from(`${head}\n`), bytes]));
    assert.equal((await a.next({ ref: 1 })).action, 'ack');
    await a.publish('bytes', 'text after it'); // of the same one: it comes after
    await b.message('bytes');
    const got = b.binary[0];
    const split = got.indexOf(10);
    const delivery = JSON.parse(got.subarray(0, split).toString());
    assert.equal(delivery.channel, 'bytes');
    assert.equal(delivery.action, 'message');
    assert.deepEqual(got.subarray(split + 1), bytes);
    const event = await stream.next({ event: 'message' });
    assert.equal(event.data.encoding, 'base64');
    assert.deepEqual(Buffer.from(event.data.message, 'base64'), bytes);
    a.sendRaw(Buffer.concat([Buffer.from(JSON.stringify({ action: 'message', data: { channel: 'text:x' }, ref: 2 }) + '\n'), bytes]));
    assert.equal((await a.next({ ref: 2 })).code, 'binary_not_allowed');
    await Promise.all([a.close(), b.close(), stream.close()]);
  });

  it('A8: refuses each wrong action with its code and field, and stays', async () => {
    const client = await cluster.connect();
    const rows = [
      ['subscribe', {}, 'missing_field', 'channel'],
      ['subscribe', { channel: '' }, 'invalid_channel', 'channel'],
      ['subscribe', { channel: 'x'.repeat(201) }, 'invalid_channel', 'channel'],
      ['subscribe', { channel: 'a\nb' }, 'invalid_channel', 'channel'],
      ['subscribe', { channel: 5 }, 'invalid', 'channel'],
      ['subscribe', { channel: 'private-x' }, 'unauthenticated'],
      ['subscribe', { channel: '#user-1' }, 'unauthenticated'],
      ['subscribe', { channel: '$sys' }, 'forbidden'],
      ['subscribe', { channel: 'a', recover: { offset: 'x', epoch: 'y' } }, 'invalid', 'recover.offset'],
      ['unsubscribe', { channel: 'never' }, 'not_subscribed'],
      ['message', { channel: 'a' }, 'missing_field', 'message'],
      ['message', { channel: 'a', message: 1, event: '' }, 'invalid', 'event'],
      ['message', { channel: 'a', message: 1, event: 'document.change' }, 'invalid', 'event'],
      ['message', { channel: 'a', message: 1, recipients: 'x' }, 'invalid', 'recipients'],
      ['message', { channel: 'text:a', message: 'x'.repeat(2000) }, 'too_big', 'message'],
      ['message', { channel: 'feed:a', message: 1 }, 'unauthenticated'],
      ['history', { channel: 'a' }, 'no_history'],
      ['history', { channel: 'history:a', limit: 0 }, 'invalid', 'limit'],
      ['join', { channel: 'a' }, 'not_found'],
      ['auth', { token: 'x' }, 'unauthenticated'],
      ['nonsense', {}, 'unknown_action'],
    ];
    for (const [action, data, code, field] of rows) {
      const answer = await client.request(action, data);
      assert.equal(answer.action, 'error', `${action} ${JSON.stringify(data)}`);
      assert.equal(answer.type, 'error');
      assert.equal(answer.code, code, `${action} ${JSON.stringify(data)}: ${JSON.stringify(answer)}`);
      assert.ok(answer.message.length > 3);
      if (field) assert.equal(answer.field, field, JSON.stringify(answer));
    }
    await client.ping();
    await client.close();
  });

  it('refuses a second subscription politely and counts subscriptions', async () => {
    const client = await cluster.connect();
    await client.subscribe('twice');
    assert.equal((await client.request('subscribe', { channel: 'twice' })).action, 'subscribed');
    await client.publish('twice', 1);
    await client.message('twice');
    await client.ping();
    assert.deepEqual(client.peek({ action: 'message' }), []);
    await client.close();
  });

  it('never mixes up names that look alike', async () => {
    const names = ['a.b', 'a*b', 'a>b', 'a b', 'a=b', 'a=3Db', 'A.b', 'ab', 'ä.b', 'a\u0308.b', '$', 'a/b', '日本', '_INBOX.x'];
    const client = await cluster.connect();
    const sub = await cluster.connect({ gateway: 2 });
    const usable = names.filter((name) => name !== '$');
    for (const name of usable) await sub.subscribe(name);
    for (const name of usable) await client.publish(name, name);
    for (const name of usable) assert.equal((await sub.message(name)).message, name);
    await sub.ping();
    assert.deepEqual(sub.peek({ action: 'message' }), []);
    await Promise.all([client.close(), sub.close()]);
  });
});
