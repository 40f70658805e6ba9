// The HTTP API: publishing in all its shapes, questions, disconnecting, and what is refused.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request, useCluster, waitFor } from './harness/index.js';

describe('the HTTP API', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2, set: { 'ingress.max_body_bytes': 100000, 'ingress.allowed_origins': 'https://app.example' } });

  it('publishes to one channel, to several, and in a batch', async () => {
    const client = await cluster.connect({ gateway: 2 });
    for (const channel of ['h1', 'h2', 'h3']) await client.subscribe(channel);
    const one = await cluster.api().publish('h1', { n: 1.5 }, { event: 'e', sender: 42 });
    const frame = await client.message('h1');
    assert.equal(frame.id, one.id);
    assert.equal(frame.sender, '42');
    assert.equal(frame.event, 'e');
    const many = await cluster.api().must('POST', '/v1/publish', { body: { channels: ['h1', 'h2'], message: 2 } });
    assert.deepEqual(many.results.map((r) => r.channel), ['h1', 'h2']);
    for (const [i, channel] of ['h1', 'h2'].entries()) assert.equal((await client.message(channel)).id, many.results[i].id);
    const batch = await cluster.api(2).must('POST', '/v1/batch', {
      body: { messages: [{ channel: 'h3', message: 'a' }, { channel: '', message: 'b' }, { channel: 'h3' }, 5, { channel: 'h3', message: 'c' }] },
    });
    assert.equal(batch.results.length, 5);
    assert.equal((await client.message('h3')).id, batch.results[0].id);
    assert.equal(batch.results[1].error.field, 'channel');
    assert.equal(batch.results[2].error.code, 'missing_field');
    assert.equal(batch.results[3].error.code, 'invalid');
    assert.equal((await client.message('h3')).message, 'c');
    await client.close();
  });

  it('leaves out the connection that is excepted', async () => {
    const a = await cluster.connect();
    const b = await cluster.connect({ gateway: 2 });
    await a.subscribe('ex');
    await b.subscribe('ex');
    await cluster.api().publish('ex', 1, { except: a.welcome.connection_id });
    await cluster.api().publish('ex', 2);
    assert.equal((await a.message('ex')).message, 2);
    assert.equal((await b.message('ex')).message, 1);
    await Promise.all([a.close(), b.close()]);
  });

  it('C3: broadcasts to every connection, subscribed or not', async () => {
    const a = await cluster.connect();
    const b = await cluster.connect({ gateway: 2 });
    const stream = await cluster.sse(['x']);
    await stream.next({ event: 'subscribed' });
    await waitFor(async () => {
      await cluster.api().must('POST', '/v1/broadcast', { body: { event: 'warm', message: 0 } });
      return a.peek({ event: 'warm' }).length && b.peek({ event: 'warm' }).length;
    });
    const { id } = await cluster.api().must('POST', '/v1/broadcast', { body: { event: 'news', message: { a: 1 } } });
    for (const client of [a, b]) {
      const frame = await client.next({ action: 'broadcast', event: 'news' });
      assert.equal(frame.id, id);
      assert.deepEqual(frame.message, { a: 1 });
    }
    assert.equal((await stream.next((e) => e.data?.id === id)).data.event, 'news');
    await Promise.all([a.close(), b.close(), stream.close()]);
  });

  it('A9: a user publishes as itself, where the policy lets it', async () => {
    const token = await cluster.api().token({ user_id: '42' });
    const client = await cluster.connect();
    await client.subscribe('chat.a');
    const answer = await cluster.api().post('/v1/publish', { channel: 'chat.a', message: 'hi', sender: 'forged' }, { token });
    assert.equal(answer.status, 200);
    assert.equal((await client.message('chat.a')).sender, '42');
    const refused = await cluster.api().post('/v1/publish', { channel: 'private-a', message: 1 }, { token });
    assert.equal(refused.status, 403);
    assert.equal(refused.body.error.code, 'forbidden');
    assert.equal((await cluster.api().post('/v1/tokens', { user_id: '1' }, { token })).status, 403);
    await client.close();
  });

  it('refuses with status, code and field', async () => {
    const rows = [
      ['POST', '/v1/publish', '', 400, 'missing_field', 'message'],
      ['POST', '/v1/publish', '{', 400, 'bad_json'],
      ['POST', '/v1/publish', '[]', 400, 'bad_json'],
      ['POST', '/v1/publish', '{"channel":"a","channel":"b","message":1}', 400, 'bad_json'],
      ['POST', '/v1/publish', '{"channel":"a\\u0000","message":1}', 400, 'bad_json'],
      ['POST', '/v1/publish', Buffer.from('{"channel":"\xff","message":1}', 'latin1'), 400, 'bad_json'],
      ['POST', '/v1/publish', { channel: 'a' }, 400, 'missing_field', 'message'],
      ['POST', '/v1/publish', { message: 1 }, 400, 'missing_field', 'channel'],
      ['POST', '/v1/publish', { channel: 'a', channels: ['b'], message: 1 }, 400, 'missing_field', 'channel'],
      ['POST', '/v1/publish', { channels: ['b', 'b'], message: 1 }, 400, 'invalid', 'channels'],
      ['POST', '/v1/publish', { channel: '\n', message: 1 }, 400, 'invalid_channel', 'channel'],
      ['POST', '/v1/publish', { channel: 'a', message: 1, event: 7 }, 400, 'invalid', 'event'],
      ['POST', '/v1/publish', { channel: 'a', message: '?', encoding: 'base64' }, 400, 'invalid', 'message'],
      ['POST', '/v1/publish', { channel: 'text:a', message: '', encoding: 'base64' }, 415, 'binary_not_allowed'],
      ['POST', '/v1/publish', { channel: 'text:a', message: 'x'.repeat(3000) }, 413, 'too_big', 'message'],
      ['POST', '/v1/publish', 'x'.repeat(100001), 413, 'too_big'],
      ['POST', '/v1/publish', '['.repeat(50000), 400, 'bad_json'],
      ['POST', '/v1/batch', { messages: [] }, 400, 'invalid', 'messages'],
      ['POST', '/v1/tokens', {}, 400, 'missing_field', 'user_id'],
      ['POST', '/v1/tokens', { user_id: '1', ttl: 0 }, 400, 'invalid', 'ttl'],
      ['POST', '/v1/tokens', { user_id: '1', channels: 'x' }, 400, 'invalid', 'channels'],
      ['GET', '/v1/nothing', undefined, 404, 'not_found'],
      ['PUT', '/v1/publish', '{}', 405, 'method_not_allowed'],
      ['GET', '/v1/channels?limit=x', undefined, 400, 'invalid', 'limit'],
      ['GET', '/v1/channels/a/history', undefined, 400, 'no_history'],
    ];
    for (const [method, path, body, status, code, field] of rows) {
      const answer = await cluster.api().call(method, path, { body });
      const about = `${method} ${path} ${String(JSON.stringify(body)).slice(0, 60)}: ${answer.text.slice(0, 200)}`;
      assert.equal(answer.status, status, about);
      assert.equal(answer.body.error.code, code, about);
      if (field) assert.equal(answer.body.error.field, field, about);
    }
  });

  it('wants a key, and the right one', async () => {
    const url = `${cluster.ingress().url}/v1/publish`;
    const body = { channel: 'a', message: 1 };
    assert.equal((await request('POST', url, { body })).status, 401);
    assert.equal((await request('POST', url, { body, headers: { 'X-API-Key': 'dev-kez' } })).status, 401);
    assert.equal((await request('POST', url, { body, headers: { Authorization: 'Bearer dev-key' } })).status, 200);
  });

  it('A7, C4: lists channels and connections of the whole cluster', async () => {
    const token = await cluster.api().token({ user_id: 'q1' });
    const a = await cluster.connect({ token, headers: { 'User-Agent': 'tester/1' } });
    const b = await cluster.connect({ gateway: 2, token });
    for (const client of [a, b]) await client.subscribe('list:x');
    await a.subscribe('list:y');
    const { channels, complete } = await waitFor(async () => {
      const answer = (await cluster.api().get('/v1/channels?prefix=list:')).body;
      return answer.complete && answer.channels.length === 2 && answer;
    });
    assert.equal(complete, true);
    assert.equal(channels.find((c) => c.name === 'list:x').subscriptions, 2);
    assert.equal((await cluster.api().get('/v1/channels/list:x')).body.subscriptions, 2);
    assert.equal((await cluster.api().get('/v1/channels/list:none')).body.occupied, false);
    const users = (await cluster.api(2).get('/v1/users/q1/connections')).body;
    assert.equal(users.count, 2);
    const row = users.connections.find((c) => c.id === a.welcome.connection_id);
    assert.equal(row.user_agent, 'tester/1');
    assert.equal(row.path, '/v1/ws');
    assert.deepEqual(row.channels.toSorted?.() ?? [...row.channels].sort(), ['list:x', 'list:y']);
    const gone = await cluster.api().delete(`/v1/connections/${a.welcome.connection_id}`, { body: { reason: 'maintenance' } });
    assert.equal(gone.body.disconnected, 1);
    const closed = await a.closed;
    assert.equal(closed.code, 4409);
    assert.match(closed.reason, /maintenance/);
    const all = await cluster.api().post('/v1/users/q1/disconnect');
    assert.equal(all.body.disconnected, 1);
    assert.equal((await b.closed).code, 4409);
    await waitFor(async () => (await cluster.api().get('/v1/users/q1/connections')).body.count === 0);
  });

  it('D10: tells clients where to connect', async () => {
    const { status, body } = await request('GET', `${cluster.ingress().url}/v1/client-config`);
    assert.equal(status, 200);
    assert.match(body.websocket_url, /^ws:.*\/v1\/ws$/);
    for (const name of ['heartbeat_interval', 'reconnect_attempts', 'reconnect_delay', 'retry_interval']) assert.equal(typeof body[name], 'number');
    assert.ok(Array.isArray(body.supported_events));
  });

  it('lets only named origins call from a browser', async () => {
    const url = `${cluster.ingress().url}/v1/client-config`;
    const yes = await request('GET', url, { headers: { Origin: 'https://app.example' } });
    assert.equal(yes.headers['access-control-allow-origin'], 'https://app.example');
    const no = await request('GET', url, { headers: { Origin: 'https://app.example.evil.com' } });
    assert.equal(no.headers['access-control-allow-origin'], undefined);
    const preflight = await request('OPTIONS', url, { headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' } });
    assert.equal(preflight.status, 204);
  });
});
