// Who a connection is: tokens at open and later, roles, patterns, revocation, forgeries, and auth being away.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';

const SECRET = 'dev-secret-for-tokens-on-loopback-only';
const now = () => Math.floor(Date.now() / 1000);
const b64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function forge(header, claims, secret = SECRET) {
  const text = `${b64(header)}.${b64(claims)}`;
  return `${text}.${crypto.createHmac('sha256', secret).update(text).digest('base64url')}`;
}

describe('tokens', () => {
  const cluster = useCluster({ gateways: 2, auths: 2 });

  it('A5: by query, header, cookie, or in band', async () => {
    const token = await cluster.api().token({ user_id: '42', role: 'editor' });
    const ways = [
      { token },
      { headers: { Authorization: `Bearer ${token}` } },
      { headers: { Cookie: `a=b; fanfare_token=${token}` } },
    ];
    for (const way of ways) {
      const client = await cluster.connect(way);
      assert.equal(client.welcome.user_id, '42');
      assert.equal(client.welcome.role, 'editor');
      await client.close();
    }
    const client = await cluster.connect();
    assert.equal(client.welcome.user_id, null);
    const answer = await client.request('auth', { token });
    assert.equal(answer.action, 'authenticated');
    assert.equal(answer.user_id, '42');
    await client.subscribe('#user-42');
    await client.close();
  });

  it('a frame behind an auth runs as that user', async () => {
    const token = await cluster.api().token({ user_id: '43', channels: ['private-*'] });
    const client = await cluster.connect();
    client.send({ action: 'auth', data: { token }, ref: 1 });
    client.send({ action: 'subscribe', data: { channel: 'private-x' }, ref: 2 });
    assert.equal((await client.next({ ref: 2 })).action, 'subscribed');
    await client.close();
  });

  it('patterns open channels, roles too; nothing else does', async () => {
    const user = await cluster.connect({ token: await cluster.api().token({ user_id: '1', channels: ['private-room.*', 'presence-a'] }) });
    const admin = await cluster.connect({ token: await cluster.api().token({ user_id: '2', role: 'admin' }) });
    await user.subscribe('private-room.7');
    await user.publish('private-room.7', 'hi');
    await user.subscribe('presence-a');
    await user.subscribe('#user-1');
    for (const channel of ['private-roomx', 'private-other', 'presence-b', '#user-2', '$x'])
      assert.equal((await user.request('subscribe', { channel })).code, 'forbidden', channel);
    assert.equal((await user.request('message', { channel: '#user-1', message: 1 })).code, 'forbidden');
    await user.publish('feed:x', 'users may');
    await admin.subscribe('private-anything');
    await admin.subscribe('#user-1');
    await Promise.all([user.close(), admin.close()]);
  });

  it('A9: refuses every forgery, over WebSocket, SSE and HTTP', async () => {
    const good = { sub: '1', exp: now() + 60 };
    const bad = [
      forge({ alg: 'none' }, good),
      `${b64({ alg: 'none' })}.${b64(good)}.`,
      `${b64({ alg: 'none' })}.${b64(good)}`,
      forge({ alg: 'hs256' }, good),
      forge({ alg: 'HS512' }, good),
      forge({ alg: 'HS256' }, good, 'another-secret-that-is-long-enough-too'),
      forge({ alg: 'HS256' }, good, ''),
      forge({ alg: 'HS256', kid: "x' or 1=1" }, good),
      forge({ alg: 'HS256' }, { sub: '1' }),
      forge({ alg: 'HS256' }, { sub: '1', exp: '9999999999' }),
      forge({ alg: 'HS256' }, `{"sub":"1","sub":"2","exp":${now() + 60}}`),
      forge({ alg: 'HS256' }, { ...good, nbf: now() + 600 }),
      forge({ alg: 'HS256' }, { ...good, iss: 'somebody' }),
      `${forge({ alg: 'HS256' }, good)}.x`,
      'x'.repeat(5000),
      'a.b.c',
    ];
    for (const token of bad) {
      const client = await cluster.connect().then((c) => c);
      const answer = await client.request('auth', { token });
      assert.equal(answer.code, 'unauthenticated', token.slice(0, 60));
      await client.ping();
      await client.close();
      const http = await cluster.api().post('/v1/publish', { channel: 'x', message: 1 }, { token });
      assert.equal(http.status, 401);
    }
    const expired = forge({ alg: 'HS256' }, { sub: '1', exp: now() - 100 });
    const client = await cluster.connect();
    assert.equal((await client.request('auth', { token: expired })).code, 'token_expired');
    await client.close();
    const fine = await cluster.connect({ token: forge({ alg: 'HS256' }, good) });
    assert.equal(fine.welcome.user_id, '1');
    await fine.close();
  });

  it('a bad token at open is told and closes', async () => {
    const { Client } = await import('./harness/index.js');
    const client = new Client(cluster.gateway().ws, { token: 'a.b.c' });
    const error = await client.next({ action: 'error' });
    assert.equal(error.code, 'unauthenticated');
    assert.equal((await client.closed).code, 4401);
  });

  it('another user on the same connection is refused; the same one refreshes', async () => {
    const client = await cluster.connect({ token: await cluster.api().token({ user_id: '1' }) });
    const same = await client.request('auth', { token: await cluster.api().token({ user_id: '1', role: 'admin' }) });
    assert.equal(same.action, 'authenticated');
    const other = await client.request('auth', { token: await cluster.api().token({ user_id: '2' }) });
    assert.equal(other.code, 'forbidden');
    await client.close();
  });

  it('a revoked user is cut off on every gateway, and may come back with a new token', async () => {
    const token = await cluster.api().token({ user_id: 'r1' });
    const open = await Promise.all([1, 2].map((gateway) => cluster.connect({ token, gateway })));
    const other = await cluster.connect({ token: await cluster.api().token({ user_id: 'r2' }) });
    const answer = await cluster.api().post('/v1/tokens/revoke', { user_id: 'r1' });
    assert.equal(answer.status, 200);
    for (const client of open) assert.equal((await client.closed).code, 4403);
    const late = await cluster.connect();
    await waitFor(async () => (await late.request('auth', { token })).code === 'token_revoked', { what: 'the token is refused' });
    const fresh = await cluster.connect({ token: await cluster.api().token({ user_id: 'r1' }) });
    await fresh.ping();
    await other.ping();
    await Promise.all([late, fresh, other].map((client) => client.close()));
  });

  it('one token can be revoked alone', async () => {
    const first = await cluster.api().token({ user_id: 'r3' });
    const second = await cluster.api().token({ user_id: 'r3' });
    const a = await cluster.connect({ token: first });
    const b = await cluster.connect({ token: second });
    assert.equal((await cluster.api().post('/v1/tokens/revoke', { token: first })).status, 200);
    assert.equal((await a.closed).code, 4403);
    await b.ping();
    await b.close();
  });

  it('a token that runs out ends its connection', async () => {
    const token = forge({ alg: 'HS256' }, { sub: '9', exp: now() + 2 });
    const client = await cluster.connect({ token });
    const error = await client.next({ action: 'error' });
    assert.equal(error.code, 'token_expired');
    assert.equal((await client.closed).code, 4402);
  });

  it('auth away: open connections go on, anonymous ones come, token ones are told to retry', async () => {
    const token = await cluster.api().token({ user_id: '42' });
    const open = await cluster.connect({ token });
    await open.subscribe('still');
    await cluster.hold('auth-1');
    await cluster.hold('auth-2');
    const anonymous = await cluster.connect({ gateway: 2 });
    await anonymous.subscribe('still');
    await anonymous.publish('still', 'on');
    assert.equal((await open.message('still')).message, 'on');
    const answer = await anonymous.request('auth', { token });
    assert.ok(['unavailable', 'timeout'].includes(answer.code), answer.code);
    const http = await cluster.api().post('/v1/tokens', { user_id: '1' });
    assert.ok([503, 504].includes(http.status));
    await cluster.release('auth-1');
    await cluster.release('auth-2');
    await waitFor(async () => (await anonymous.request('auth', { token })).action === 'authenticated', { what: 'auth is back' });
    await Promise.all([open.close(), anonymous.close()]);
  });
});
