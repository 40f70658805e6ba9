'use strict';
// One markdown table of all runs, and for Fanfare's rows whether the bar is met.
// Usage: node report.js results.jsonl RESULTS.md

const fs = require('fs');
const os = require('os');
const { execSync } = require('child_process');

const NAMES = {
  fanfare: 'Fanfare',
  'fanfare-sse': 'Fanfare, SSE',
  'fanfare-history': 'Fanfare, history channel',
  floor: "the kernel's floor",
  nchan: 'Nchan, WebSocket',
  'nchan-sse': 'Nchan, SSE',
  nats: "NATS's own WebSocket",
  centrifugo: 'Centrifugo',
};

function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

const count = (n) => Math.round(n).toLocaleString('en-US');
const ms = (us) => `${(us / 1000).toFixed(us < 100000 ? 1 : 0)} ms`;
const mib = (bytes) => `${Math.round(bytes / 1048576)} MiB`;

// The runs of one contender in one scenario.
class Runs {
  constructor(rows) {
    this.rounds = new Map(rows.filter((r) => r.result).map((r) => [r.round, r.result]));
    this.failed = rows.find((r) => r.failed)?.failed;
  }
  get results() {
    return [...this.rounds.values()];
  }
  median(pick) {
    return median(this.results.map(pick));
  }
  sum(pick) {
    return this.results.reduce((sum, r) => sum + pick(r), 0);
  }
  // Median over the rounds of this contender's figure by another's.
  ratio(other, pick) {
    const common = [...this.rounds.keys()].filter((k) => other?.rounds.has(k));
    return median(common.map((k) => pick(this.rounds.get(k)) / pick(other.rounds.get(k))));
  }
}

const cpu = (r) => r.cpu_us;
const BUSY_CORES = 0.25; // used by others: the figures are not to be trusted
const faults = (runs) => {
  const parts = [`${count(runs.sum((r) => r.lost))} lost`];
  const doubled = runs.sum((r) => r.duplicates);
  const closed = runs.sum((r) => r.closed);
  const refused = runs.sum((r) => r.publish_failed);
  if (doubled) parts.push(`${count(doubled)} doubled`);
  if (closed) parts.push(`${count(closed)} connections closed`);
  if (refused) parts.push(`${count(refused)} publishes failed`);
  return parts.join(', ');
};
const sound = (runs) => ['lost', 'duplicates', 'closed', 'publish_failed']
  .every((key) => runs.sum((r) => r[key]) === 0);

const latency = (runs) => `p50 ${ms(runs.median((r) => r.latency_us.p50))}, `
  + `p99 ${ms(runs.median((r) => r.latency_us.p99))}`;
const answers = (runs) => `p50 ${ms(runs.median((r) => r.answer_us.p50))}, `
  + `p99 ${ms(runs.median((r) => r.answer_us.p99))}`;

function perDelivery(runs, against, label) {
  const user = runs.median((r) => r.cpu_user_us);
  const ratio = runs.ratio(against, cpu);
  const beside = against && against !== runs && Number.isFinite(ratio)
    ? `, ${ratio.toFixed(2)} × ${label}` : '';
  return `${runs.median(cpu).toFixed(2)} µs CPU a delivery (user ${user.toFixed(2)})${beside}; `
    + `${latency(runs)}; ${faults(runs)}`;
}

const publishing = (runs) => `${count(runs.median((r) => r.published_per_s))} publishes/s; `
  + `answer ${answers(runs)}; ${faults(runs)}`;

function reached(runs) {
  return `${count(runs.median((r) => r.deliveries_per_s))} deliveries/s, `
    + `${runs.median(cpu).toFixed(2)} µs CPU each; ${latency(runs)}; ${faults(runs)}`;
}

function idle(runs) {
  return runs.results.map((r) => `${count(r.bytes_per_connection)} bytes each of ${count(r.subs)}`
    + (r.subscribed ? ' subscribed to a channel' : ' without a channel')).join('; ');
}

function jitter(runs) {
  const r = runs.results[0];
  return `${r.history.delivered_percent.toFixed(4)} % of ${count(r.history.expected)} delivered, `
    + `${r.history.disordered + r.offset_disorder} out of order, ${r.history.duplicates} doubled, `
    + `${count(r.cuts)} cuts, ${r.unrecovered} not recovered; `
    + `replay p50 ${ms(r.replay_us.p50)}, p99 ${ms(r.replay_us.p99)}; `
    + `the plain channel beside it: ${r.plain.delivered_percent.toFixed(2)} %`;
}

function avalanche(runs) {
  const r = runs.results[0];
  return `${r.history.delivered_percent.toFixed(4)} % of ${count(r.history.expected)} delivered, `
    + `${count(r.live)} of ${count(r.clients)} clients back, all within ${ms(r.all_back_ms * 1000)} `
    + `(p50 ${ms(r.back_us.p50)}), ${r.history.duplicates} doubled, ${r.unrecovered} not recovered`;
}

function fill(runs) {
  const r = runs.results[0];
  const memory = (step) => Object.entries(step)
    .filter(([name]) => /^(nats|gateway)/.test(name))
    .map(([name, bytes]) => `${name} ${mib(bytes)}`).join(', ');
  return `${count(r.channels)} channels of ${r.per_channel} messages, ${count(r.messages_per_s)}/s, `
    + `${count(r.failed)} failed; memory before: ${memory(r.resident_before)}; `
    + `filled: ${memory(r.resident_filled)}; `
    + `${count(r.subscribed)} subscribed: ${memory(r.resident_subscribed)}`;
}

// Per scenario: what it is, how a contender's runs are told, the bar and whose.
const SCENARIOS = {
  a: {
    title: '1,000 subscribers, 50 msg/s',
    tell: (runs, all) => perDelivery(runs, all.floor, 'floor'),
    bars: { fanfare: ['≤ 1.25 × floor, user ≤ 0.9 µs, 0 lost', (runs, all) => sound(runs)
      && runs.ratio(all.floor, cpu) <= 1.25 && runs.median((r) => r.cpu_user_us) <= 0.9] },
  },
  b: {
    title: '1,000,000 deliveries/s asked for',
    tell: reached,
    bars: { fanfare: ['≥ 800,000/s, 0 lost', (runs) => sound(runs)
      && runs.median((r) => r.deliveries_per_s) >= 800000] },
  },
  c: {
    title: 'idle connections',
    tell: idle,
    bars: { fanfare: ['≤ 3,500 bytes', (runs) => runs.results
      .every((r) => r.bytes_per_connection <= 3500)] },
  },
  d: {
    title: 'HTTP publishes, 8 connections',
    tell: publishing,
    bars: { fanfare: ['≥ 10,000/s, p99 < 20 ms, 0 lost', (runs) => sound(runs)
      && runs.median((r) => r.published_per_s) >= 10000
      && runs.median((r) => r.answer_us.p99) < 20000] },
  },
  e: {
    title: 'SSE beside WebSocket, load of a',
    tell: (runs, all, name) => perDelivery(
      runs, name.endsWith('-sse') ? all[name.slice(0, -4)] : runs, 'WebSocket'),
    bars: { 'fanfare-sse': ['≤ 1.3 × WebSocket, 0 lost', (runs, all) => sound(runs)
      && runs.ratio(all.fanfare, cpu) <= 1.3] },
  },
  g: {
    title: 'history channel beside plain, load of a',
    tell: (runs, all) => perDelivery(runs, all.fanfare, 'plain'),
    bars: { 'fanfare-history': ['≤ 1.3 × plain, 0 lost', (runs, all) => sound(runs)
      && runs.ratio(all.fanfare, cpu) <= 1.3] },
  },
  h: { title: 'HTTP publishes into history (file)', tell: publishing, bars: {} },
  i: {
    title: 'clients cut every 15 s for 2 s',
    tell: jitter,
    bars: { fanfare: ['100 %, in order, none doubled, replay p99 < 2 s', (runs) => {
      const r = runs.results[0];
      return r.history.lost === 0 && r.history.duplicates === 0 && r.offset_disorder === 0
        && r.history.disordered === 0 && r.replay_us.p99 < 2e6;
    }] },
  },
  j: {
    title: 'all gateways killed at once',
    tell: avalanche,
    bars: { fanfare: ['everyone back, 100 %', (runs) => runs.results[0].history.lost === 0
      && runs.results[0].live === runs.results[0].clients] },
  },
  k: { title: 'memory with many history channels', tell: fill, bars: {} },
};

function row(letter, name, all) {
  const scenario = SCENARIOS[letter];
  const runs = all[name];
  const [bar, met] = scenario.bars[name] ?? ['', null];
  if (runs.results.length === 0)
    return [letter, scenario.title, NAMES[name], `not measured: ${runs.failed}`, bar, met ? 'miss' : ''];
  const others = runs.median((r) => r.others_cores);
  let note = runs.failed ? ` (a round failed: ${runs.failed})` : '';
  if (others > BUSY_CORES) note += ` (busy machine: others used ${others.toFixed(1)} cores)`;
  return [letter, scenario.title, NAMES[name], scenario.tell(runs, all, name) + note, bar,
    met ? (met(runs, all) && !runs.failed ? '**pass**' : '**miss**') : ''];
}

function machine() {
  const run = (command) => {
    try {
      return execSync(command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    } catch {
      return '';
    }
  };
  const cpus = os.cpus();
  return [`${cpus.length} × ${cpus[0].model.trim()}, Linux ${os.release()}`,
    run('. /etc/os-release && echo "$PRETTY_NAME"'), run('nats-server --version'),
    run('git describe --always --dirty')].filter(Boolean).join('; ');
}

function table(entries) {
  const lines = [
    '| | scenario | who | measured | bar | |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  for (const letter of Object.keys(SCENARIOS)) {
    const all = {};
    for (const name of Object.keys(NAMES)) {
      const rows = entries.filter((e) => e.scenario === letter && e.contender === name);
      if (rows.length) all[name] = new Runs(rows);
    }
    for (const name of Object.keys(all))
      lines.push(`| ${row(letter, name, all).join(' | ')} |`);
  }
  return lines;
}

function main([source, target]) {
  const entries = fs.readFileSync(source, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const skipped = entries.filter((e) => e.skipped)
    .map((e) => `- ${NAMES[e.skipped]} was left out: ${e.reason}`);
  const text = [
    '# Benchmark results', '',
    `${new Date().toISOString().slice(0, 16)}Z; ${machine()}.`,
    'Medians over the rounds; ratios are medians of the ratios within a round.', '',
    ...table(entries), '', ...skipped, ''].join('\n');
  fs.writeFileSync(target, text);
  process.stdout.write(text);
  process.exitCode = entries.some((e) => e.failed && e.contender.startsWith('fanfare')) ? 1 : 0;
}

main(process.argv.slice(2));
