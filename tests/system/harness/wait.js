// Waiting for a condition: never a fixed pause, always a deadline.

export const DEADLINE_MS = 30_000;

// Resolves with the first truthy value of condition(); fails after deadline ms.
// Exceptions of the condition count as "not yet" and are told at the deadline.
export async function waitFor(condition, { what, deadline = DEADLINE_MS } = {}) {
  const end = Date.now() + deadline;
  let last;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) {
      const name = what ?? condition.toString();
      const reason = last ? `: ${last.message}` : '';
      throw new Error(`not within ${deadline} ms: ${name}${reason}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

// A promise that fails after deadline ms.
export function within(promise, what, deadline = DEADLINE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not within ${deadline} ms: ${what}`)),
      deadline,
    );
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
