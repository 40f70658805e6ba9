// A connection to the gateway that served this page: comes back by itself, resumes its subscriptions, tells its state.
// Shared by the demo pages; small enough to read as an example of a client.

export class Connection extends EventTarget {
  #socket = null;
  #ref = 0;
  #waiting = new Map(); // ref -> {resolve, reject}
  #channels = new Map(); // name -> last known position, or null
  #tries = 0;

  constructor(url) {
    super();
    this.url = url;
    this.state = "connecting";
    this.connectionId = null;
    this.userId = null; // without a token there is none
    setInterval(() => this.#measure(), 5000);
    this.#open();
  }

  // Sends an action; resolves with its answer, rejects with the server's error frame.
  ask(action, data) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN)
        return reject({ code: "offline", message: "not connected" });
      const ref = ++this.#ref;
      this.#waiting.set(ref, { resolve, reject });
      this.#socket.send(JSON.stringify({ action, data, ref }));
    });
  }

  // Subscribes now and after each reconnect; what was missed arrives as messages.
  async subscribe(channel) {
    this.#channels.set(channel, this.#channels.get(channel) ?? null);
    if (this.state !== "connected") return;
    const recover = this.#channels.get(channel) ?? undefined;
    const answer = await this.ask("subscribe", { channel, recover });
    this.#tell("subscribed", answer);
  }

  #open() {
    this.#socket = new WebSocket(this.url);
    this.#socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.#socket.onclose = () => this.#lost();
  }

  #lost() {
    for (const { reject } of this.#waiting.values())
      reject({ code: "offline", message: "the connection was lost" });
    this.#waiting.clear();
    this.#setState("offline");
    const pause = Math.min(500 * 2 ** this.#tries++, 10000);
    setTimeout(() => {
      this.#setState("connecting");
      this.#open();
    }, pause * (0.5 + Math.random()));
  }

  #take(frame) {
    if (frame.action === "welcome") this.#welcomed(frame);
    if (frame.action === "status")
      this.#setState(frame.delivery === "ok" ? "connected" : "uncertain");
    // The position of a message replaces the one before it: that is where a resume goes on.
    if (frame.offset && this.#channels.get(frame.channel))
      this.#channels.get(frame.channel).offset = frame.offset;
    if (frame.position && frame.recovered !== true)
      this.#channels.set(frame.channel, frame.position);
    this.#tell(frame.action, frame);
    const waiting = this.#waiting.get(frame.ref);
    if (!waiting) return;
    this.#waiting.delete(frame.ref);
    if (frame.action === "error") waiting.reject(frame);
    else waiting.resolve(frame);
  }

  #welcomed(frame) {
    this.#tries = 0;
    this.connectionId = frame.connection_id;
    this.userId = frame.user_id;
    this.#setState("connected");
    this.#measure();
    for (const channel of this.#channels.keys())
      this.subscribe(channel).catch((error) => this.#tell("error", error));
  }

  async #measure() {
    if (this.state !== "connected") return;
    const start = performance.now();
    await this.ask("ping").catch(() => null);
    this.#tell("latency", { ms: performance.now() - start });
  }

  #setState(state) {
    this.state = state;
    this.#tell("state", { state });
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export function gatewayUrl() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const token = new URLSearchParams(location.search).get("token");
  const query = token ? `?token=${encodeURIComponent(token)}` : "";
  return `${scheme}//${location.host}/v1/ws${query}`;
}

// Shows state and round trip in the page's head.
export function showState(connection, label, latency) {
  connection.addEventListener("state", ({ detail }) => {
    label.textContent = detail.state;
    label.className = detail.state;
  });
  connection.addEventListener("latency", ({ detail }) => {
    latency.textContent = `${detail.ms.toFixed(1)} ms`;
  });
}

const NAMES = ["Ada", "Grace", "Alan", "Edsger", "Barbara", "Dennis", "Radia", "Ken", "Margaret", "Donald"];

export function myName() {
  const chosen = sessionStorage.getItem("name");
  if (chosen) return chosen;
  const name = `${NAMES[Math.floor(Math.random() * NAMES.length)]} ${Math.floor(Math.random() * 90) + 10}`;
  sessionStorage.setItem("name", name);
  return name;
}
