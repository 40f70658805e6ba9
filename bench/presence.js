// Presence at size: one channel with many members, and many channels with a few. What a list costs, what one more
// member costs, what it takes to remember. Uses the tests' harness to start a cluster.
//
//   FANFARE_BUILD=build/release node bench/presence.js [MEMBERS]

import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { Cluster } from '../tests/system/harness/index.js';

const MEMBERS = Number(process.argv[2] ?? 10000);
const CHANNELS = 10000;
const PER_USER = 100;
const FEW = 3;
const JOINS = 50;
const SECRET = 'dev-secret-for-tokens-on-loopback-only';

const b64 = (text) => Buffer.from(text).toString('base64url');

function token(user) {
  const claims = { sub: user, exp: Math.floor(Date.now() / 1000) + 3600, channels: ['presence-*'] };
  const text = `${b64('{"alg":"HS256"}')}.${b64(JSON.stringify(claims))}`;
  return `${text}.${crypto.createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

// A text frame with a mask of zeros, which leaves the payload as it is.
function frame(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

// A member that reads everything and looks at nothing: 10,000 of them tell each other of each other.
function member(port, user, channels) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let begun = false;
    let answered = 0;
    socket.on('error', reject);
    socket.on('data', (data) => {
      if (!begun) {
        if (!data.includes('HTTP/1.1 101')) return;
        begun = true;
        const actions = channels.map((channel) => ({ action: 'subscribe', data: { channel } }));
        for (const action of actions) socket.write(frame(JSON.stringify(action)));
      }
      if (answered < channels.length) {
        answered += data.toString('latin1').split('"action":"subscribed"').length - 1;
        if (answered >= channels.length) resolve(socket);
      }
    });
    socket.write(
      `GET /v1/ws?token=${token(user)} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
  });
}

const TICK_MS = 10;
function cpuMs(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

function rssMiB(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

async function quiet(pids) {
  for (let last = -1, now = cpuMs(pids); now - last > 30; now = cpuMs(pids)) {
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function inWaves(count, size, open) {
  const all = [];
  for (let i = 0; i < count; i += size)
    all.push(...(await Promise.all(Array.from({ length: Math.min(size, count - i) }, (_, k) => open(i + k)))));
  return all;
}

const cluster = new Cluster({ gateways: 2, presences: 2, set: { 'gateway.max_connections': 20000, 'gateway.max_subscriptions': 200, 'gateway.max_queue_bytes': 16777216 } });
await cluster.start();
const port = (i) => cluster.gateway((i % 2) + 1).port;
const pids = () => ['gateway-1', 'gateway-2', 'presence-1', 'presence-2'].map((name) => cluster.row(name).pid);
const memory = () => pids().map((pid) => rssMiB(pid).toFixed(0)).join(', ');
const row = (what, value) => console.log(`| ${what} | ${value} |`);

async function firstList(channel, want) {
  const client = await cluster.connect({ token: token('late'), gateway: 2 });
  const start = performance.now();
  const answer = await client.subscribe(channel);
  const ms = performance.now() - start;
  if (answer.presence.count < want) throw new Error(`${answer.presence.count} members instead of ${want}`);
  await client.close();
  return ms;
}

try {
  row('measure', 'value');
  row('---', '---');
  row('memory at rest, MiB: gateways, presences', memory());
  let start = performance.now();
  const crowd = await inWaves(MEMBERS, 200, (i) => member(port(i), `m${i}`, ['presence-big']));
  row(`${MEMBERS} members join one channel`, `${((performance.now() - start) / 1000).toFixed(1)} s`);
  await quiet(pids());
  row('memory then, MiB', memory());
  row('list of that channel for one more', `${(await firstList('presence-big', MEMBERS)).toFixed(1)} ms`);
  await quiet(pids());
  const before = cpuMs(pids());
  for (let i = 0; i < JOINS; i++) {
    crowd.push(await member(port(i), `extra${i}`, ['presence-big']));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await quiet(pids());
  const cost = (cpuMs(pids()) - before) / JOINS;
  row('CPU of one join there', `${cost.toFixed(1)} ms, ${((1000 * cost) / MEMBERS).toFixed(2)} us per receiver`);
  for (const socket of crowd) socket.destroy();
  await quiet(pids());

  start = performance.now();
  const users = (CHANNELS * FEW) / PER_USER;
  const few = await inWaves(users, 20, (u) =>
    member(port(u), `f${u}`, Array.from({ length: PER_USER }, (_, k) => `presence-few.${(u * PER_USER + k) % CHANNELS}`)),
  );
  row(`${CHANNELS} channels with ${FEW} members each`, `${((performance.now() - start) / 1000).toFixed(1)} s`);
  await quiet(pids());
  row('memory then, MiB', memory());
  row('list of one of them for one more', `${(await firstList('presence-few.77', FEW)).toFixed(1)} ms`);
  for (const socket of few) socket.destroy();
} finally {
  await cluster.stop();
}
