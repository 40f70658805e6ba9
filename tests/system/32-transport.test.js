// What lies below the protocol: sockets, workers, TLS, streams that misbehave, and how all of it ends.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { Client, request, useCluster, waitFor, within } from './harness/index.js';

const HANDSHAKE = (place = '/v1/ws') =>
  [`GET ${place} HTTP/1.1`, 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n');
const GET = (place) => `GET ${place} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

// A masked text frame (with a mask of zeros).
const text = (payload) => Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);

// A socket that collects what comes, until seen() says enough.
class Raw {
  got = Buffer.alloc(0);
  constructor(socket, bytes) {
    this.socket = socket;
    socket.on('data', (data) => (this.got = Buffer.concat([this.got, data])));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    if (bytes) socket.write(bytes);
  }
  seen(what) {
    return waitFor(() => this.got.includes(what), { what: `"${what}" in ${this.got.toString().slice(-300)}` });
  }
  end() {
    this.socket.destroy();
    return this.closed;
  }
}

// Seconds of processor time that a process has used.
function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

describe('transport', () => {
  const cluster = useCluster({ set: { 'gateway.workers': 3 } });
  const raw = (bytes) => new Raw(net.connect(cluster.gateway().port, '127.0.0.1'), bytes);

  it('several workers share one port, and their clients hear each other', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => cluster.connect()));
    const workers = new Set(clients.map((c) => c.welcome.connection_id.split('.').pop().padStart(16, '0').slice(0, 2)));
    assert.ok(workers.size > 1, [...workers].join());
    await Promise.all(clients.map((c) => c.subscribe('shared')));
    await clients[0].publish('shared', 'hello');
    for (const client of clients) assert.equal((await client.message('shared')).message, 'hello');
    await Promise.all(clients.map((c) => c.close()));
  });

  it('answers frames that come together with the handshake', async () => {
    const socket = raw(Buffer.concat([Buffer.from(HANDSHAKE()), text('{"action":"ping","ref":1}'), text('{"action":"ping","ref":2}')]));
    await socket.seen('"ref":2');
    const answer = socket.got.toString();
    assert.ok(answer.indexOf('welcome') < answer.indexOf('"ref":1'));
    await socket.end();
  });

  it('takes a handshake that drips', async () => {
    const socket = raw();
    for (const byte of HANDSHAKE()) {
      socket.socket.write(byte);
      await new Promise(setImmediate);
    }
    await socket.seen('welcome');
    await socket.end();
  });

  it('serves on, whatever a client sends on its event stream', async () => {
    const { pid } = cluster.gateway();
    const noisy = [
      raw(`${GET('/v1/sse?channel=noisy')}more than was asked`),
      raw(GET('/v1/sse?channel=noisy')),
      raw(GET('/v1/sse?channel=noisy')),
    ];
    for (const socket of noisy) await socket.seen('subscribed');
    noisy[1].socket.write('x'.repeat(1000));
    noisy[2].socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const before = cpuSeconds(pid);
    const begin = Date.now();
    await waitFor(() => Date.now() - begin > 1500);
    assert.ok(cpuSeconds(pid) - before < 0.5, 'the gateway spins');
    await cluster.api().publish('noisy', 'still here');
    for (const socket of noisy) await socket.seen('still here');
    for (const socket of noisy) await socket.end();
  });

  it('notices the end of streams and connections, and counts them', async () => {
    const half = raw(GET('/v1/sse?channel=a'));
    await half.seen('subscribed');
    half.socket.end(); // only its own direction
    await within(half.closed, 'the stream ends');
    const whole = await cluster.sse(['a']);
    await whole.next({ event: 'subscribed' });
    await whole.close();
    const rude = await cluster.connect();
    rude.socket.terminate();
    await waitFor(async () => (await cluster.metric('gateway-1', 'fanfare_connections')) === 0, { what: 'no connection is counted' });
    assert.equal(await cluster.metric('gateway-1', 'fanfare_subscriptions'), 0);
  });

  it('answers HEAD, preflights and /livez', async () => {
    const base = cluster.gateway().url;
    const live = await request('GET', `${base}/livez`);
    assert.deepEqual(live.body, { ok: true });
    const page = await request('GET', `${base}/`);
    const head = await request('HEAD', `${base}/`);
    assert.equal(head.headers['content-length'], page.headers['content-length']);
    assert.equal(head.text, '');
    const flight = await request('OPTIONS', `${base}/v1/sse?channel=a`, { headers: { Origin: 'https://a.example' } });
    assert.equal(flight.status, 204);
    assert.equal(flight.headers['access-control-allow-origin'], '*');
    assert.equal((await request('GET', `${base}/v1/ws`)).status, 426);
  });

  it('tells each client when to come back as it stops', async () => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => cluster.connect()));
    const stream = await cluster.sse(['going']);
    await cluster.hold('gateway-1', 'SIGTERM');
    const reasons = await Promise.all(clients.map(async (c) => (await c.closed).reason));
    for (const reason of reasons) assert.match(reason, /^reconnect in \d+ ms$/);
    assert.ok(new Set(reasons).size > 1);
    const error = await stream.next({ event: 'error' });
    assert.equal(error.data.code, 'going_away');
    await cluster.release('gateway-1');
  });
});

describe('TLS', () => {
  const at = fileURLToPath(new URL('./harness/tls/', import.meta.url));
  const ca = fs.readFileSync(path.join(at, 'cert.pem'));
  const cluster = useCluster({
    set: { 'gateway.tls_cert': path.join(at, 'cert.pem'), 'gateway.tls_key': path.join(at, 'key.pem') },
  });
  const secure = (bytes, options = {}) =>
    new Raw(tls.connect({ port: cluster.gateway().port, host: 'localhost', ca, ALPNProtocols: ['h2', 'http/1.1'], ...options }), bytes);
  const connect = () => new Client(`wss://localhost:${cluster.gateway().port}/v1/ws`, { ws: { ca } }).open();

  it('speaks HTTP/1.1 only, and serves pages', async () => {
    const socket = secure(GET('/chat.js'));
    await within(socket.closed, 'the answer');
    assert.equal(socket.socket.alpnProtocol, 'http/1.1');
    const [head, body] = socket.got.toString().split('\r\n\r\n');
    assert.equal(Number(/content-length: (\d+)/.exec(head)[1]), Buffer.byteLength(socket.got.subarray(head.length + 4)));
    assert.ok(body.length > 1000);
    const refused = secure(GET('/nothing'));
    await within(refused.closed, 'the refusal');
    assert.match(refused.got.toString(), /^HTTP\/1.1 404[^]*not_found/);
  });

  it('carries messages of any size in order', async () => {
    const [from, to] = await Promise.all([connect(), connect()]);
    await to.subscribe('tls');
    const sizes = [1, 100, 16000, 16384, 17000, 60000];
    for (let round = 0; round < 5; round++)
      for (const size of sizes) await from.publish('tls', 'x'.repeat(size));
    for (let round = 0; round < 5; round++)
      for (const size of sizes) assert.equal((await to.message('tls')).message.length, size);
    await Promise.all([from.close(), to.close()]);
  });

  it('waits for a stream that does not read, without spinning', async () => {
    const { pid } = cluster.gateway();
    const stream = secure(`${GET('/v1/sse?channel=slow')}more than was asked`);
    await stream.seen('subscribed');
    stream.socket.pause();
    const parts = Array.from({ length: 12 }, (_, i) => `${i}:${'y'.repeat(60000)}`);
    for (const part of parts) await cluster.api().publish('slow', part);
    const before = cpuSeconds(pid);
    const begin = Date.now();
    await waitFor(() => Date.now() - begin > 1000);
    assert.ok(cpuSeconds(pid) - before < 0.5, 'the gateway spins');
    stream.socket.resume();
    for (const part of parts) await stream.seen(part);
    await stream.end();
  });

  it('is not kept busy by thousands who begin and never end', async () => {
    const { port } = cluster.gateway();
    const idle = Array.from({ length: 2300 }, () => new Raw(net.connect(port, '127.0.0.1')));
    let gone = 0;
    for (const { closed } of idle) closed.then(() => gone++);
    await waitFor(() => gone >= 200, { what: 'the oldest have to go' });
    const client = await connect();
    await client.ping();
    await client.close();
    await Promise.all(idle.map((socket) => socket.end()));
  });

  it('refuses what is no TLS, and goes on', async () => {
    const plain = new Raw(net.connect(cluster.gateway().port, '127.0.0.1'), GET('/livez'));
    await within(plain.closed, 'the plain one is closed');
    assert.ok(!plain.got.includes('200'));
    const client = await connect();
    await client.ping();
    await client.close();
  });
});
