// A publisher that retries does not publish twice.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster } from './harness/index.js';

describe('idempotency keys', () => {
  const cluster = useCluster({ gateways: 2, ingresses: 2 });

  it('give the first answer again, on any ingress and over WebSocket', async () => {
    const client = await cluster.connect();
    await client.subscribe('history:k');
    const first = await cluster.api(1).publish('history:k', 'once', { idempotency_key: 'order-1' });
    const again = await cluster.api(2).publish('history:k', 'once', { idempotency_key: 'order-1' });
    const ws = await client.publish('history:k', 'once', { idempotency_key: 'order-1' });
    assert.equal(again.id, first.id);
    assert.equal(again.offset, first.offset);
    assert.equal(ws.id, first.id);
    assert.equal(ws.offset, first.offset);
    await cluster.api().publish('history:k', 'end');
    assert.equal((await client.message('history:k')).message, 'once');
    assert.equal((await client.message('history:k')).message, 'end');
    await client.close();
  });

  it('belong to their channel', async () => {
    const a = await cluster.api().publish('history:k1', 1, { idempotency_key: 'same' });
    const b = await cluster.api().publish('history:k2', 1, { idempotency_key: 'same' });
    assert.notEqual(a.id, b.id);
    assert.notEqual(a.offset, b.offset);
  });

  it('a hundred at once are one message', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => cluster.api((i % 2) + 1).publish('history:h', 'x', { idempotency_key: 'hundred' })),
    );
    assert.equal(new Set(answers.map((a) => a.offset)).size, 1);
    assert.equal(new Set(answers.map((a) => a.id)).size, 1);
    const { messages } = await cluster.api().must('GET', '/v1/channels/history:h/history');
    assert.equal(messages.length, 1);
  });
});
