// Who is on a channel, and who is typing there. Whispers are never stored.

const ANNOUNCE_MS = 10000;
const FORGET_MS = 25000;
const TYPING_AGAIN_MS = 2500;
const TYPING_MS = 4000;

// Typing is said again and again while it goes on, and nothing when it ends: whoever falls silent, says something or
// leaves is typing no more.
class Typing extends EventTarget {
  #typing = new Map(); // user, or connection without one -> {name, until}
  #lastTyping = 0;

  constructor(connection, channel, me) {
    super();
    Object.assign(this, { connection, channel, me });
    connection.addEventListener("whisper", ({ detail }) => {
      if (detail.channel === channel) this.heard(detail);
    });
    connection.addEventListener("message", ({ detail }) => {
      if (detail.channel === channel) this.stopped(detail.sender ?? detail.message?.from);
    });
    setInterval(() => this.forget(Date.now()), 500);
  }

  typingNames() {
    return [...this.#typing.values()].map(({ name }) => name);
  }

  // The box was changed.
  typing(text) {
    if (text === "" || Date.now() - this.#lastTyping < TYPING_AGAIN_MS) return;
    this.#lastTyping = Date.now();
    this.whisper("typing", { id: this.connection.connectionId, name: this.me().name });
  }

  // The box was sent: what is typed next is said at once.
  sent() {
    this.#lastTyping = 0;
  }

  whisper(event, message) {
    this.connection.ask("whisper", { channel: this.channel, event, message }).catch(() => {});
  }

  // One's own other tabs are not news.
  heard({ event, message, sender }) {
    if (event !== "typing" || (sender && sender === this.connection.userId)) return;
    const name = this.nameOf(sender) ?? String(message?.name);
    this.#typing.set(sender ?? message?.id, { name, until: Date.now() + TYPING_MS });
    this.dispatchEvent(new Event("typing"));
  }

  // What the server knows of a user counts more than what is whispered.
  nameOf() {
    return undefined;
  }

  stopped(who) {
    if (this.#typing.delete(who)) this.dispatchEvent(new Event("typing"));
  }

  forget(now) {
    for (const [who, { until }] of this.#typing) if (now > until) this.stopped(who);
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

// Anonymous visitors are no members: each page says in a whisper who it is, on coming and every ten seconds, and is
// forgotten when it falls silent.
export class People extends Typing {
  #others = new Map(); // connection id -> {name, status, seen}

  constructor(connection, channel, me) {
    super(connection, channel, me);
    connection.addEventListener("subscribed", () => this.announce(true));
    setInterval(() => this.announce(), ANNOUNCE_MS);
    addEventListener("pagehide", () => this.whisper("bye", { id: connection.connectionId }));
  }

  list() {
    const others = [...this.#others.values()].sort((a, b) => a.name.localeCompare(b.name));
    return [{ ...this.me(), me: true }, ...others];
  }

  // new: those who are here answer, so that a newcomer sees them at once.
  announce(asNew = false) {
    this.whisper("here", { id: this.connection.connectionId, ...this.me(), new: asNew });
    this.changed();
  }

  heard(whisper) {
    const { event, message } = whisper;
    super.heard(whisper);
    if (event === "here") {
      this.#others.set(message.id, { name: String(message.name), status: message.status, seen: Date.now() });
      if (message.new) this.announce();
    } else if (event === "bye") {
      this.#others.delete(message.id);
      this.stopped(message.id);
    }
    this.changed();
  }

  forget(now) {
    super.forget(now);
    for (const [id, person] of this.#others) if (now - person.seen > FORGET_MS) this.#others.delete(id);
    this.changed();
  }
}

// Users with a token are members of a channel with presence: the server keeps the list, and tells its changes.
export class Members extends Typing {
  #members = new Map(); // user id -> member

  constructor(connection, channel, room, me) {
    super(connection, channel, me);
    this.room = room;
    connection.addEventListener("subscribed", ({ detail }) => this.#begin(detail));
    connection.addEventListener("presence", ({ detail }) => this.#change(detail));
  }

  list() {
    const own = this.connection.userId;
    return [...this.#members.values()].map((member) => ({
      name: member.name ?? member.user_id,
      status: member.status,
      activity: member.activity,
      me: member.user_id === own,
    }));
  }

  nameOf(id) {
    const member = this.#members.get(id);
    return member && (member.name ?? id);
  }

  announce() {
    this.connection.ask("presence", { status: this.me().status }).catch(() => {});
  }

  #begin({ channel, presence }) {
    if (channel !== this.room || !presence) return;
    this.#members = new Map(presence.members.map((member) => [member.user_id, member]));
    this.changed();
  }

  #change({ channel, joined = [], left = [], changed = [] }) {
    if (channel !== this.room) return;
    for (const id of left) {
      this.#members.delete(id);
      this.stopped(id);
    }
    for (const member of joined) this.#members.set(member.user_id, member);
    for (const member of changed) Object.assign(this.#members.get(member.user_id) ?? {}, member);
    this.changed();
  }
}
