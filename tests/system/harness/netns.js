// Three NATS servers on three hosts of their own: network namespaces joined by
// a bridge, so that one can be cut off. Needs root and iproute2.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { waitFor } from './wait.js';
import { request } from './http.js';

const NET = '10.213.77';
const NUMBERS = [1, 2, 3];

function ip(...words) {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export function canMakeHosts() {
  if (process.getuid() !== 0) return false;
  try {
    ip('netns', 'add', 'ff-probe');
    ip('netns', 'del', 'ff-probe');
    return true;
  } catch {
    return false;
  }
}

export class NatsHosts {
  servers = new Map();

  get urls() {
    return NUMBERS.map((n) => `nats://${NET}.${n}:4222`).join(',');
  }

  async start() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fanfare-netns-'));
    this.#remove();
    ip('link', 'add', 'ff-br', 'type', 'bridge');
    ip('addr', 'add', `${NET}.254/24`, 'dev', 'ff-br');
    ip('link', 'set', 'ff-br', 'up');
    for (const n of NUMBERS) this.#host(n);
    for (const n of NUMBERS) this.#server(n);
    for (const n of NUMBERS) await this.healthy(n);
  }

  healthy(n) {
    return waitFor(async () => (await request('GET', `http://${NET}.${n}:8222/healthz`, { deadline: 5000 })).status === 200, { what: `nats ${n} is healthy`, deadline: 90000 });
  }

  #host(n) {
    ip('netns', 'add', `ff-nats-${n}`);
    ip('link', 'add', `ff-v${n}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `ff-nats-${n}`);
    ip('link', 'set', `ff-v${n}`, 'master', 'ff-br');
    ip('link', 'set', `ff-v${n}`, 'up');
    const inside = ['-n', `ff-nats-${n}`];
    ip(...inside, 'addr', 'add', `${NET}.${n}/24`, 'dev', 'eth0');
    ip(...inside, 'link', 'set', 'eth0', 'up');
    ip(...inside, 'link', 'set', 'lo', 'up');
  }

  #server(n) {
    const file = path.join(this.folder, `nats-${n}.conf`);
    const routes = NUMBERS.map((m) => `nats://${NET}.${m}:6222`).join(', ');
    fs.writeFileSync(
      file,
      `server_name: n${n}\nlisten: "${NET}.${n}:4222"\nhttp: "${NET}.${n}:8222"\nmax_payload: 2MB\n` +
        `jetstream { store_dir: "${this.folder}/${n}" }\n` +
        `cluster { name: ff, listen: "${NET}.${n}:6222", routes: [${routes}] }\n`,
    );
    const server = spawn('ip', ['netns', 'exec', `ff-nats-${n}`, 'nats-server', '-c', file, '-l', `${file}.log`], { stdio: 'ignore' });
    server.ended = new Promise((resolve) => server.on('close', resolve));
    this.servers.set(n, server);
  }

  // Its packets go nowhere, in either direction; nobody is told.
  cut(n) {
    ip('link', 'set', `ff-v${n}`, 'down');
  }
  heal(n) {
    ip('link', 'set', `ff-v${n}`, 'up');
  }

  async stop() {
    for (const server of this.servers.values()) server.kill('SIGKILL');
    await Promise.all([...this.servers.values()].map((server) => server.ended));
    this.#remove();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  #remove() {
    const quietly = (...words) => {
      try {
        ip(...words);
      } catch {
        // It was not there.
      }
    };
    for (const n of NUMBERS) quietly('netns', 'del', `ff-nats-${n}`);
    quietly('link', 'del', 'ff-br');
  }
}
