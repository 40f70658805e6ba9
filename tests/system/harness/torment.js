// Numbered messages of several publishers while something is done to the
// cluster; then every one is sorted into acknowledged, unknown, lost, double.

import assert from 'node:assert/strict';
import { ResumingClient } from './resuming.js';
import { waitFor } from './wait.js';

const PUBLISHERS = 3;

function startPublishers(cluster, channel, pauseMs) {
  const state = { acked: new Map(), unknown: new Set(), stopped: false };
  const run = async (p) => {
    for (let i = 0; !state.stopped; i++) {
      const message = `${p}.${i}`;
      const answer = await cluster.api((p % 2) + 1).post('/v1/publish', { channel, message }).catch(() => null);
      if (answer?.status === 200) state.acked.set(message, answer.body);
      else if (!answer || answer.status >= 500) state.unknown.add(message);
      // A channel keeps 1,000 messages: a gap of some seconds must fit in.
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const all = Promise.all(Array.from({ length: PUBLISHERS }, (_, p) => run(p)));
  return { state, stop: () => ((state.stopped = true), all) };
}

// Two offsets: it was stored twice. One: it was delivered twice.
function doubles({ received, offsets }) {
  return received.flatMap((m, i) => (received.indexOf(m) < i ? [`${m} at ${offsets[received.indexOf(m)]} and ${offsets[i]}`] : []));
}

// What NATS said of them, and where it has them now: is it ours or its doing?
function stored(messages, history, acked) {
  const at = (m) => history.filter(({ message }) => message === m).map(({ offset }) => offset);
  const told = (m) => (acked.has(m) ? `acknowledged at ${acked.get(m).offset}${acked.get(m).duplicate ? ' as known' : ''}` : 'not acknowledged');
  return messages.map((m) => `${m}: ${told(m)}, now at ${at(m).join(' and ') || 'no offset'}`).join('; ');
}

// NATS has an acknowledged message elsewhere than it said: then nothing about it can be promised.
export class Moved extends Error {}

function checkPlaces(acked, history) {
  const moved = history.filter(({ message, offset }) => acked.has(message) && acked.get(message).offset !== offset);
  if (moved.length > 0) throw new Moved(`NATS moved ${moved.length} of ${acked.size}: ${stored(moved.map((m) => m.message).slice(0, 3), history, acked)}`);
}

export async function historyOf(cluster, channel) {
  const answer = await waitFor(async () => {
    const tried = await cluster.api().get(`/v1/channels/${channel}/history?limit=1000`);
    return tried.status === 200 && tried;
  });
  return answer.body.messages;
}

function check(client, { acked, unknown }, history) {
  const received = client.received.filter((m) => m !== 'end');
  const seen = new Set(received);
  const lost = [...acked.keys()].filter((m) => !seen.has(m));
  const twice = received.filter((m, i) => received.indexOf(m) < i);
  assert.equal(seen.size, received.length, `no message twice: ${doubles(client)}; lost: ${lost}; ${stored([...twice, ...lost], history, acked)}`);
  assert.deepEqual(lost.slice(0, 10), [], `lost ${lost.length} of ${acked.size}; ${stored(lost, history, acked)}`);
  assert.deepEqual([...seen].filter((m) => !acked.has(m) && !unknown.has(m)), [], 'nothing that nobody sent');
  for (let p = 0; p < PUBLISHERS; p++) {
    const numbers = received.filter((m) => m.startsWith(`${p}.`)).map((m) => Number(m.split('.')[1]));
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), `in the order of publisher ${p}`);
  }
}

export async function torment(cluster, channel, trouble, pauseMs = 5) {
  const clients = [1, 2].map((g) => new ResumingClient(cluster.gateway(g).ws, channel));
  await Promise.all(clients.map((c) => c.open()));
  const publishers = startPublishers(cluster, channel, pauseMs);
  const progress = (more) => {
    const goal = publishers.state.acked.size + more;
    return waitFor(() => publishers.state.acked.size >= goal, { deadline: 60000 });
  };
  await progress(20);
  await trouble(progress);
  await progress(50);
  await publishers.stop();
  await waitFor(async () => (await cluster.api().post('/v1/publish', { channel, message: 'end' })).status === 200);
  const history = await historyOf(cluster, channel);
  checkPlaces(publishers.state.acked, history);
  for (const client of clients) {
    await waitFor(() => client.received.includes('end'), { what: 'the last message', deadline: 60000 });
    check(client, publishers.state, history);
    assert.equal(client.lost, 0);
    await client.close();
  }
}
