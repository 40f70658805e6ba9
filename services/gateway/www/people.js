// Who is on a channel, among anonymous visitors: each page says so in a whisper, on coming and every ten seconds, and is
// forgotten when it falls silent. Whispers are never stored.

const ANNOUNCE_MS = 10000;
const FORGET_MS = 25000;
const TYPING_MS = 4000;

export class People extends EventTarget {
  #others = new Map(); // connection id -> {name, status, seen}
  #typing = new Map(); // name -> until
  #lastTyping = 0;

  constructor(connection, channel, me) {
    super();
    Object.assign(this, { connection, channel, me });
    connection.addEventListener("subscribed", () => this.announce(true));
    connection.addEventListener("whisper", ({ detail }) => this.#heard(detail));
    setInterval(() => this.announce(), ANNOUNCE_MS);
    setInterval(() => this.#forget(), 1000);
    addEventListener("pagehide", () => this.#whisper("bye", { id: connection.connectionId }));
  }

  list() {
    const others = [...this.#others.values()].sort((a, b) => a.name.localeCompare(b.name));
    return [{ ...this.me(), me: true }, ...others];
  }

  typingNames() {
    return [...this.#typing.keys()];
  }

  // new: those who are here answer, so that a newcomer sees them at once.
  announce(asNew = false) {
    this.#whisper("here", { id: this.connection.connectionId, ...this.me(), new: asNew });
    this.#changed();
  }

  typing() {
    if (Date.now() - this.#lastTyping < 2500) return;
    this.#lastTyping = Date.now();
    this.#whisper("typing", { name: this.me().name });
  }

  #whisper(event, message) {
    this.connection.ask("whisper", { channel: this.channel, event, message }).catch(() => {});
  }

  #heard({ event, message }) {
    if (event === "here") {
      this.#others.set(message.id, { name: String(message.name), status: message.status, seen: Date.now() });
      if (message.new) this.announce();
      this.#changed();
    } else if (event === "bye") {
      this.#others.delete(message.id);
      this.#changed();
    } else if (event === "typing") {
      this.#typing.set(String(message.name), Date.now() + TYPING_MS);
      this.dispatchEvent(new Event("typing"));
    }
  }

  #forget() {
    const now = Date.now();
    for (const [id, person] of this.#others) if (now - person.seen > FORGET_MS) this.#others.delete(id);
    for (const [name, until] of this.#typing) if (now > until) this.#typing.delete(name);
    this.dispatchEvent(new Event("typing"));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
