// Three NATS servers on hosts of their own; one is cut off from everybody and comes back. Nothing acknowledged is lost.

import { after, before, describe, it } from 'node:test';
import { Cluster, waitFor } from './harness/index.js';
import { canMakeHosts, NatsHosts } from './harness/netns.js';
import { torment } from './harness/torment.js';

// A channel keeps 1,000 messages: that is for longer than NATS may be without a leader, half a minute at times.
const SLOWLY_MS = 150;

const skip = !canMakeHosts() && 'network namespaces need root and iproute2';

describe('a NATS server is cut off', { skip }, () => {
  const hosts = new NatsHosts();
  const cluster = new Cluster({
    gateways: 2,
    ingresses: 2,
    args: ['--no-nats', hosts.urls],
    set: { 'auth.history_replicas': 3, 'documents.replicas': 3, 'presence.replicas': 3 },
  });
  before(async () => {
    await hosts.start();
    await cluster.start();
  });
  after(async () => {
    await cluster.stop().finally(() => hosts.stop());
  });

  for (const n of [1, 2, 3]) {
    it(`host ${n}, and it comes back`, () =>
      torment(
        cluster,
        `history:cut-${n}`,
        async (progress) => {
          hosts.cut(n);
          await progress(100);
          hosts.heal(n);
          await hosts.healthy(n);
          await waitFor(async () => (await cluster.isReady('gateway-1')) && cluster.isReady('gateway-2'));
        },
        SLOWLY_MS,
      ));
  }
});
