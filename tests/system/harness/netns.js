// Three NATS servers on three hosts of their own: network namespaces joined by
// a bridge, so that one can be cut off. Needs root and iproute2.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from './wait.js';
import { request } from './http.js';

const ID = process.pid % 250; // runs side by side have hosts of their own
const NET = `10.213.${ID}`;
const BRIDGE = `ff-br-${ID}`;
const host = (n) => `ff-nats-${ID}-${n}`;
const cable = (n) => `ff-v${ID}-${n}`;
const NUMBERS = [1, 2, 3];

function ip(...words) {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

// In a container some of it may be refused.
export function canMakeHosts() {
  if (process.getuid() !== 0) return false;
  try {
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    makeHost(0);
    return true;
  } catch {
    return false;
  } finally {
    removeHosts([0]);
  }
}

export function natsIsAtLeast(...wanted) {
  const has = execFileSync('nats-server', ['--version']).toString().match(/\d+/g).map(Number);
  const i = wanted.findIndex((number, at) => has[at] !== number);
  return i < 0 || has[i] > wanted[i];
}

function makeHost(n) {
  ip('netns', 'add', host(n));
  ip('link', 'add', cable(n), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host(n));
  ip('link', 'set', cable(n), 'master', BRIDGE);
  ip('link', 'set', cable(n), 'up');
  const inside = ['-n', host(n)];
  ip(...inside, 'addr', 'add', `${NET}.${n}/24`, 'dev', 'eth0');
  ip(...inside, 'link', 'set', 'eth0', 'up');
  ip(...inside, 'link', 'set', 'lo', 'up');
}

function removeHosts(numbers) {
  const quietly = (...words) => {
    try {
      ip(...words);
    } catch {
      // It was not there.
    }
  };
  for (const n of numbers) {
    quietly('netns', 'del', host(n));
    quietly('link', 'del', cable(n));
  }
  quietly('link', 'del', BRIDGE);
}

export class NatsHosts {
  servers = new Map();

  get urls() {
    return NUMBERS.map((n) => `nats://${NET}.${n}:4222`).join(',');
  }

  // The number of the server that the owner of this log is connected to.
  of(log) {
    return Number([...log.matchAll(/"bus_connected","url":"nats:\/\/[\d.]+\.(\d):4222"/g)].at(-1)[1]);
  }

  async start() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fanfare-netns-'));
    removeHosts(NUMBERS);
    ip('link', 'add', BRIDGE, 'type', 'bridge');
    ip('addr', 'add', `${NET}.254/24`, 'dev', BRIDGE);
    ip('link', 'set', BRIDGE, 'up');
    for (const n of NUMBERS) makeHost(n);
    for (const n of NUMBERS) this.#server(n);
    for (const n of NUMBERS) await this.healthy(n);
  }

  // It is one of the cluster, every stream has a leader, and it has caught up with what the others had at the call. (Neither its
  // whole health nor "current" tell that: one names consumers that are gone, the other may stay false for a stream that is idle.)
  async healthy(n) {
    const others = NUMBERS.filter((m) => m !== n);
    const wanted = await waitFor(() => this.#lasts(others), { what: 'the other servers' });
    let lacks;
    const ask = async () => (lacks = await this.#lacks(n, wanted)).length === 0;
    await waitFor(ask, { what: `nats ${n} is healthy`, deadline: 90000 }).catch((error) => {
      throw new Error(`${error.message}: ${lacks}\n${this.#log(n)}`);
    });
  }
  async #lasts(numbers) {
    const streams = (await Promise.all(numbers.map((m) => this.#streams(m)))).flat();
    const lasts = new Map();
    for (const { name, last } of streams) lasts.set(name, Math.max(last, lasts.get(name) ?? 0));
    return lasts;
  }
  async #lacks(n, wanted) {
    const health = await request('GET', `http://${NET}.${n}:8222/healthz?js-server-only=true`, { deadline: 5000 });
    if (health.status !== 200) return [JSON.stringify(health.body)];
    const all = await Promise.all(NUMBERS.map((m) => this.#streams(m)));
    const led = new Set(all.flat().filter((stream) => stream.leads).map((stream) => stream.name));
    const has = new Map(all[n - 1].map(({ name, last }) => [name, last]));
    return [...wanted].filter(([name, last]) => !led.has(name) || !(has.get(name) >= last)).map(([name]) => name);
  }
  async #streams(n) {
    const { body } = await request('GET', `http://${NET}.${n}:8222/jsz?accounts=true&streams=true`, { deadline: 5000 });
    const details = (body.account_details ?? []).flatMap((account) => account.stream_detail ?? []);
    return details.map(({ name, cluster, state }) => ({
      name,
      last: state.last_seq,
      end: `${state.messages} up to ${state.last_seq}`,
      leads: cluster.leader === `n${n}`,
    }));
  }
  // Whether its replicas have not the same, though nobody writes any more.
  differ(stream) {
    const agree = async () => {
      const all = await Promise.all(NUMBERS.map((n) => this.#streams(n)));
      return new Set(all.map((streams) => streams.find(({ name }) => name === stream)?.end)).size === 1;
    };
    return waitFor(agree, { deadline: 5000 }).then(
      () => false,
      () => true,
    );
  }
  #log(n) {
    return fs.readFileSync(this.#logFile(n), 'utf8').slice(-4000);
  }
  #logFile(n) {
    return path.join(this.folder, `nats-${n}.log`);
  }

  #keepLogs() {
    const to = process.env.FANFARE_TEST_LOGS;
    for (const n of to ? NUMBERS : []) fs.cpSync(this.#logFile(n), path.join(to, `nats-${n}.log`));
  }

  #server(n) {
    const file = path.join(this.folder, `nats-${n}.conf`);
    const routes = NUMBERS.map((m) => `nats://${NET}.${m}:6222`).join(', ');
    fs.writeFileSync(
      file,
      `server_name: n${n}\nlisten: "${NET}.${n}:4222"\nhttp: "${NET}.${n}:8222"\nmax_payload: 2MB\nping_interval: "2s"\n` +
        `jetstream { store_dir: "${this.folder}/${n}" }\n` +
        `cluster { name: ff, listen: "${NET}.${n}:6222", routes: [${routes}] }\n`,
    );
    const server = spawn('ip', ['netns', 'exec', host(n), 'nats-server', '-c', file, '-l', this.#logFile(n)], { stdio: 'ignore' });
    server.ended = new Promise((resolve) => server.on('close', resolve));
    this.servers.set(n, server);
  }

  // Its packets go nowhere, in either direction; nobody is told.
  cut(n) {
    ip('link', 'set', cable(n), 'down');
  }
  heal(n) {
    ip('link', 'set', cable(n), 'up');
  }

  async stop() {
    for (const server of this.servers.values()) server.kill('SIGKILL');
    await Promise.all([...this.servers.values()].map((server) => server.ended));
    removeHosts(NUMBERS);
    this.#keepLogs();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
