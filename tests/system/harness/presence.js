// What a client knows of a channel's members, from the frames that it got.

import { isDeepStrictEqual } from 'node:util';
import { waitFor } from './wait.js';

// problems: whoever joined twice or left without being there; own events.
export function presenceView(client, channel) {
  const view = { members: new Map(), joined: [], left: [], changed: [], problems: [], count: 0, stale: null };
  const own = client.welcome?.user_id;
  for (const frame of client.frames) {
    if (frame.channel !== channel) continue;
    if (frame.action === 'subscribed' && frame.presence) take(view, frame.presence);
    else if (frame.action === 'presence') change(view, frame, own);
  }
  return view;
}

function take(view, { members, count, stale_ms: stale }) {
  view.members = new Map(members.map((member) => [member.user_id, member]));
  view.count = count;
  view.stale = stale ?? null;
}

function change(view, frame, own) {
  for (const id of frame.left ?? []) {
    if (!view.members.delete(id)) view.problems.push(`${id} left, but was not here`);
    if (id === own) view.problems.push('told of leaving oneself');
    view.left.push(id);
  }
  for (const member of frame.joined ?? []) {
    if (view.members.has(member.user_id)) view.problems.push(`${member.user_id} joined again`);
    if (member.user_id === own) view.problems.push('told of joining oneself');
    view.members.set(member.user_id, member);
    view.joined.push(member.user_id);
  }
  for (const member of frame.changed ?? []) {
    Object.assign(view.members.get(member.user_id) ?? {}, member);
    view.changed.push(member);
  }
  view.count = frame.count;
}

// Waits until the client's list is exactly these ids.
export function untilMembers(client, channel, ids, deadline) {
  const wanted = [...ids].sort();
  let have;
  return waitFor(
    () => {
      have = [...presenceView(client, channel).members.keys()].sort();
      return isDeepStrictEqual(have, wanted);
    },
    { what: `${channel}: ${wanted.slice(0, 50)}`, deadline },
  ).catch((error) => {
    error.message += `; ${client.welcome?.user_id} has ${have?.slice(0, 50)}`;
    throw error;
  });
}
