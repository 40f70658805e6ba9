// Documents: a state with a version; conflicts are told; changes come in order; all of it survives restarts.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useCluster, waitFor } from './harness/index.js';
import { askNats } from './harness/nats.js';

const update = (client, channel, base_version, change) => client.request('update', { channel, base_version, ...change });
const put = (path, value) => ({ changes: [{ op: 'add', path, value }] });

describe('documents', () => {
  const cluster = useCluster({ gateways: 2, documents: 2, set: { 'documents.snapshot_every': 5 } });
  it('A13: join gives the state; changes are applied, told to all, and joiners are told', async () => {
    const token = await cluster.api().token({ user_id: '7' });
    const a = await cluster.connect();
    const b = await cluster.connect({ gateway: 2, token });
    const empty = await a.must('document', 'join', { channel: 'doc:1' });
    assert.equal(empty.version, 0);
    assert.deepEqual(empty.document, {});
    await b.must('document', 'join', { channel: 'doc:1' });
    assert.equal((await a.next({ action: 'document.joined' })).user_id, '7');
    assert.equal((await update(a, 'doc:1', 0, put('/title', 'Plan'))).version, 1);
    assert.equal((await update(b, 'doc:1', 1, { merge: { items: ['x'] } })).version, 2);
    for (const client of [a, b]) {
      const one = await client.message('doc:1');
      assert.equal(one.event, 'document.change');
      assert.equal(one.version, 1);
      assert.deepEqual(one.message, put('/title', 'Plan'));
      const two = await client.message('doc:1');
      assert.equal(two.version, 2);
      assert.equal(two.sender, '7');
    }
    const late = await cluster.connect();
    const now = await late.must('document', 'join', { channel: 'doc:1' });
    assert.equal(now.version, 2);
    assert.deepEqual(now.document, { title: 'Plan', items: ['x'] });
    await Promise.all([a, b, late].map((c) => c.close()));
  });

  it('B8: tells a writer of an old version the conflict and what was missed', async () => {
    const a = await cluster.connect();
    await a.must('document', 'join', { channel: 'doc:2' });
    await update(a, 'doc:2', 0, put('/a', 1));
    await update(a, 'doc:2', 1, put('/b', 2));
    const answer = await update(a, 'doc:2', 0, put('/a', 9));
    assert.equal(answer.code, 'conflict');
    assert.equal(answer.version, 2);
    assert.deepEqual(answer.missed.map((m) => m.version), [1, 2]);
    const ahead = await update(a, 'doc:2', 7, put('/a', 9));
    assert.equal(ahead.code, 'conflict');
    await a.close();
  });

  it('refuses changes that do not apply, whole', async () => {
    const a = await cluster.connect();
    await a.must('document', 'join', { channel: 'doc:3' });
    const rows = [
      [{ changes: [{ op: 'add', path: '/a', value: 1 }, { op: 'remove', path: '/none' }] }, 'invalid', 'changes[1]'],
      [{ changes: [{ op: 'fly', path: '/a' }] }, 'invalid', 'changes[0]'],
      [{ changes: [{ op: 'test', path: '', value: 1 }] }, 'conflict', 'changes[0]'],
      [{}, 'missing_field', 'changes'],
      [{ changes: [], merge: {} }, 'invalid', 'changes'],
      [put('/big', 'x'.repeat(60000)), undefined],
    ];
    for (const [change, code, field] of rows.slice(0, 5)) {
      const answer = await update(a, 'doc:3', 0, change);
      assert.equal(answer.code, code, JSON.stringify(answer));
      assert.equal(answer.field, field);
    }
    const { document, version } = await a.must('document', 'join', { channel: 'doc:3' });
    assert.deepEqual([document, version], [{}, 0]);
    assert.equal((await a.request('message', { channel: 'doc:3', message: 1 })).code, 'forbidden');
    await a.close();
  });

  it('by HTTP too', async () => {
    const changed = await cluster.api().post('/v1/documents/doc:4', { base_version: 0, ...put('/n', 1) });
    assert.equal(changed.body.version, 1);
    assert.deepEqual((await cluster.api().get('/v1/documents/doc:4')).body.document, { n: 1 });
    const conflict = await cluster.api().post('/v1/documents/doc:4', { base_version: 0, ...put('/n', 2) });
    assert.equal(conflict.status, 409);
    assert.equal((await cluster.api().get('/v1/documents/chat')).status, 404);
  });

  it('many writers at once, replicas killed between: each version exists once, all agree', async () => {
    const writers = await Promise.all([1, 2, 1, 2].map((gateway) => cluster.connect({ gateway })));
    const applied = writers.map(() => 0);
    for (const writer of writers) await writer.must('document', 'join', { channel: 'doc:5' });
    const work = writers.map(async (writer, w) => {
      let version = 0;
      for (let i = 0; i < 15; ) {
        const answer = await update(writer, 'doc:5', version, put(`/w${w}-${i}`, i));
        if (answer.action === 'updated') {
          version = answer.version;
          applied[w]++;
          i++;
        } else if (answer.code === 'conflict') version = answer.version;
        else await writer.ping();
      }
    });
    await cluster.killAndWait('documents-1');
    await cluster.killAndWait('documents-2');
    await Promise.all(work);
    const { document, version } = await writers[0].must('document', 'join', { channel: 'doc:5' });
    for (let w = 0; w < 4; w++) for (let i = 0; i < 15; i++) assert.equal(document[`w${w}-${i}`], i);
    for (const writer of writers) {
      await waitFor(() => writer.frames.filter((f) => f.event === 'document.change').length === version);
      assert.deepEqual(writer.frames.filter((f) => f.event === 'document.change').map((f) => f.version), Array.from({ length: version }, (_, i) => i + 1));
    }
    await Promise.all(writers.map((c) => c.close()));
  });

  it('survives a restart of everything', async () => {
    await cluster.stop({ keep: true });
    await cluster.run();
    const client = await cluster.connect();
    const { document, version } = await client.must('document', 'join', { channel: 'doc:1' });
    assert.equal(version, 2);
    assert.deepEqual(document, { title: 'Plan', items: ['x'] });
    await client.close();
  });
});

describe('a change that is in no snapshot', () => {
  const cluster = useCluster({ documents: 2, set: { 'documents.rescue_after_s': 1 } });
  const rescues = async () => {
    const counts = [1, 2].map((n) => cluster.metric(`documents-${n}`, 'fanfare_document_rescues_total').catch(() => 0));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count);
  };

  it('is saved by who lives on, before the log has aged', async () => {
    const client = await cluster.connect();
    await client.must('document', 'join', { channel: 'doc:r' });
    assert.equal((await update(client, 'doc:r', 0, put('/n', 1))).version, 1);
    await Promise.all([1, 2].map((n) => cluster.killAndWait(`documents-${n}`)));
    await waitFor(async () => (await rescues()) > 0, { what: 'a snapshot in the place of the dead' });
    const aged = await askNats(cluster, 'ingress', '$JS.API.STREAM.PURGE.FF_HISTORY');
    assert.ok(aged.purged >= 1);
    await Promise.all([1, 2].map((n) => cluster.killAndWait(`documents-${n}`)));
    const joined = await waitFor(async () => {
      const answer = await client.request('join', { channel: 'doc:r' });
      return answer.action === 'document' && answer;
    });
    assert.deepEqual([joined.version, joined.document], [1, { n: 1 }]);
    assert.equal((await update(client, 'doc:r', 1, put('/n', 2))).version, 2);
    await client.close();
  });
});
