// A whole cluster under fanfare-up, for one test file.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from './client.js';
import { Api, request } from './http.js';
import { closeAll } from './opened.js';
import { EventStream } from './sse.js';
import { waitFor, within } from './wait.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_MS = 120_000; // with sanitizers, on a busy machine
const STOP_MS = 60_000;

// Settings under which a test does not trip over a limit that it is not about.
const SETTINGS = {
  'gateway.max_messages_per_minute': 0,
  'gateway.max_connections_per_ip': 0,
  'gateway.drain_ms': 200,
};

const REPORTS = /ERROR: (Address|Leak)Sanitizer|runtime error:|Sanitizer: /;

let count = 0;

export class Cluster {
  // options: gateways, ingresses, auths, documents, presences, ... (numbers),
  // natsServers (1 or 3), set { 'gateway.max_connections': 10 }, args [], env {},
  // freePorts (true)
  constructor(options = {}) {
    this.options = options;
  }

  async start() {
    this.state = fs.mkdtempSync(path.join(os.tmpdir(), 'fanfare-test-'));
    return this.run();
  }

  // Starts, on the state that is there; after stop({ keep: true }) too.
  async run() {
    const up = path.join(buildFolder(), 'fanfare-up');
    this.output = '';
    this.code = undefined;
    this.process = spawn(up, this.#args(), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.options.env },
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream.on('data', (text) => (this.output += text));
    this.ended = new Promise((resolve) => {
      this.process.on('error', (error) => {
        this.output += error.message;
        resolve(-1);
      });
      this.process.on('close', (code, signal) => resolve(signal ?? code));
    });
    this.ended.then((code) => (this.code = code));
    await this.#untilReady();
    return this;
  }

  async #untilReady() {
    const running = () => this.output.includes('is running');
    try {
      await waitFor(() => running() || this.code !== undefined, {
        deadline: START_MS,
        what: 'the cluster is ready',
      });
    } catch (error) {
      this.process.kill('SIGKILL');
      await this.ended;
      error.message += `\n${this.output}`;
      this.#keepLogs();
      throw error;
    }
    if (running()) return;
    this.process = null;
    this.#keepLogs();
    throw new Error(`fanfare-up ended with ${this.code}:\n${this.output}`);
  }

  #args() {
    const {
      set = {}, args = [], env, freePorts = true, natsServers, ...counts
    } = this.options;
    const list = ['--state', this.state];
    if (freePorts) list.push('--free-ports');
    for (const [name, value] of Object.entries({ ...SETTINGS, ...set }))
      list.push('--set', `${name}=${value}`);
    for (const [service, n] of Object.entries(counts))
      list.push(`--${service}`, String(n));
    if (natsServers) list.push('--nats-servers', String(natsServers));
    return [...list, ...args];
  }

  // Stops everything. Fails when a process ended badly or a sanitizer spoke.
  async stop({ keep = false } = {}) {
    await closeAll();
    if (!this.process) return this.#forgetState(keep);
    this.process.kill('SIGTERM');
    let code;
    try {
      code = await within(this.ended, 'fanfare-up stops', STOP_MS);
    } catch (error) {
      this.process.kill('SIGKILL');
      throw error;
    } finally {
      this.process = null;
    }
    const reports = this.#reports();
    this.#keepLogs();
    this.#forgetState(keep);
    if (code !== 0) throw new Error(`fanfare-up: ${code}\n${this.output}`);
    if (reports) throw new Error(`sanitizer report in ${reports}`);
  }

  #forgetState(keep) {
    if (keep || !this.state) return;
    fs.rmSync(this.state, { recursive: true, force: true, maxRetries: 3 });
  }

  #reports() {
    const dir = path.join(this.state, 'log');
    return fs
      .readdirSync(dir)
      .filter((name) => REPORTS.test(fs.readFileSync(path.join(dir, name))))
      .join(', ');
  }

  #keepLogs() {
    const to = process.env.FANFARE_TEST_LOGS;
    const from = path.join(this.state, 'log');
    if (!to || !fs.existsSync(from)) return;
    const dir = path.join(to, String(++count));
    fs.cpSync(from, dir, { recursive: true });
    fs.writeFileSync(path.join(dir, 'fanfare-up.log'), this.output);
  }

  // --- what runs ---

  // cluster.json as it is now
  get info() {
    const file = path.join(this.state, 'cluster.json');
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  }
  // The row of "gateway-1", "auth-1", "nats-1"...
  row(name) {
    const { services, nats, gateways, ingresses } = this.info;
    const found = [...gateways, ...ingresses, ...nats, ...services].find(
      (row) => row.name === name,
    );
    if (!found) throw new Error(`no such process: ${name}`);
    return found;
  }
  gateway(n = 1) {
    return this.row(`gateway-${n}`);
  }
  ingress(n = 1) {
    return this.row(`ingress-${n}`);
  }
  log(name) {
    return fs.readFileSync(this.row(name).log, 'utf8');
  }
  // The value of a metric of one process; all series of the name are added,
  // or only those that hold the label text, such as 'kind="ws"'.
  async metric(name, metric, label = '') {
    const { admin } = this.row(name);
    const answer = await request('GET', `http://127.0.0.1:${admin}/metrics`);
    return answer.text
      .split('\n')
      .filter((line) => line.split(/[ {]/)[0] === metric)
      .filter((line) => line.includes(label))
      .reduce((sum, line) => sum + Number(line.split(' ').pop()), 0);
  }
  async isReady(name) {
    const { admin, monitor } = this.row(name);
    const url = monitor
      ? `http://127.0.0.1:${monitor}/healthz`
      : `http://127.0.0.1:${admin}/readyz`;
    return (await request('GET', url, { deadline: 2000 })).status === 200;
  }

  // --- clients; gateway and ingress count from 1 ---

  // A WebSocket client that has its welcome. options: gateway, token, path...
  connect({ gateway = 1, path: place = '/v1/ws', ...options } = {}) {
    const { port } = this.gateway(gateway);
    return new Client(`ws://127.0.0.1:${port}${place}`, options).open();
  }
  // An event stream whose response began.
  sse(channels, { gateway = 1, ...options } = {}) {
    const { sse } = this.gateway(gateway);
    return new EventStream(sse, { channels, ...options }).open();
  }
  api(n = 1) {
    return new Api(this.ingress(n).url, this.info.api_key);
  }

  // --- trouble ---

  // Ends a process; resolves with its old pid.
  kill(name, signal = 'SIGKILL') {
    const { pid } = this.row(name);
    if (pid) process.kill(pid, signal);
    return pid;
  }
  // Waits until it runs again and is ready.
  async restarted(name, oldPid) {
    await waitFor(() => ![0, oldPid].includes(this.row(name).pid), {
      what: `${name} runs again`,
      deadline: START_MS,
    });
    await this.ready(name);
  }
  ready(name) {
    return waitFor(() => this.isReady(name), {
      what: `${name} is ready`,
      deadline: START_MS,
    });
  }
  async killAndWait(name, signal) {
    await this.restarted(name, this.kill(name, signal));
  }
  // Ends a process and keeps it down until release().
  async hold(name, signal = 'SIGKILL') {
    fs.writeFileSync(this.#holdFile(name), '');
    this.kill(name, signal);
    await waitFor(() => this.row(name).pid === 0, { what: `${name} is down` });
  }
  async release(name) {
    fs.rmSync(this.#holdFile(name), { force: true });
    await this.restarted(name, 0);
  }
  #holdFile(name) {
    return path.join(this.state, 'hold', name);
  }
}

function buildFolder() {
  return path.resolve(ROOT, process.env.FANFARE_BUILD ?? 'build/release');
}

// Inside describe(): a cluster that starts before its tests and stops after.
export function useCluster(options) {
  const cluster = new Cluster(options);
  before(() => cluster.start());
  after(() => cluster.stop());
  return cluster;
}
