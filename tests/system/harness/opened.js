// Everything that would keep the test's process alive: closed with the cluster.

const opened = new Set();

export function remember(thing) {
  opened.add(thing);
  return thing;
}

export function forget(thing) {
  opened.delete(thing);
}

export async function closeAll() {
  const things = [...opened];
  opened.clear();
  await Promise.allSettled(things.map((thing) => thing.close()));
}
