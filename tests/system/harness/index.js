// All of the harness: import { ... } from './harness/index.js'

export { launchBrowser } from './browser.js';
export { Client } from './client.js';
export { Cluster, useCluster } from './cluster.js';
export { Api, request } from './http.js';
export { Inbox, matches } from './inbox.js';
export { presenceView, untilMembers } from './presence.js';
export { EventStream } from './sse.js';
export { DEADLINE_MS, waitFor, within } from './wait.js';
