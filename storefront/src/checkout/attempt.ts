import { ApiError, NoResponseError } from '../api/problem';

/**
 * One submission with its idempotency key, as it was sent. It is stored before it is sent and until
 * its outcome is known. After a lost response, a reload or a second click, the same bytes are sent
 * under the same key, and the server returns the same purchase instead of making another one.
 */
export interface Attempt<Body = unknown> {
  key: string;
  /** The operation: a new checkout, or a further attempt to pay for an order. */
  target: string;
  body: Body;
}

export type AttemptStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Storage that lasts as long as the page. */
export function memoryStore(): AttemptStore {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key),
  };
}

const SLOT = 'shop.attempt';

export function pendingAttempt<Body>(store: AttemptStore): Attempt<Body> | null {
  const text = store.getItem(SLOT);
  if (!text) return null;
  try {
    const attempt = JSON.parse(text) as Attempt<Body>;
    return typeof attempt.key === 'string' && typeof attempt.target === 'string' ? attempt : null;
  } catch {
    return null;
  }
}

/** Returns the attempt to send: the pending one if it is the same purchase, else a new one. */
export function beginAttempt<Body>(store: AttemptStore, target: string, body: Body, newKey: () => string): Attempt<Body> {
  const pending = pendingAttempt<Body>(store);
  if (pending && sameAttempt(pending, target, body)) return pending;
  const attempt = { key: newKey(), target, body };
  store.setItem(SLOT, JSON.stringify(attempt));
  return attempt;
}

export function settleAttempt(store: AttemptStore, key: string): void {
  if (pendingAttempt(store)?.key === key) store.removeItem(SLOT);
}

export function sameAttempt(attempt: Attempt, target: string, body: unknown): boolean {
  return attempt.target === target && JSON.stringify(attempt.body) === JSON.stringify(body);
}

/** Returns true for an error that proves that the attempt had no effect. */
function isDefiniteRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.slug === 'request-in-flight') return false;
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** Returns true for an error after which the attempt may have taken effect, so it is worth sending again. */
export function isUncertain(error: unknown): boolean {
  return error instanceof NoResponseError || (error instanceof ApiError && !isDefiniteRefusal(error));
}

interface RetryPolicy {
  /** Milliseconds to wait before each retry; the length is the number of retries. */
  pauses: readonly number[];
  wait: (ms: number) => Promise<void>;
}

/** Retries for about 20 seconds before the customer sees an error. */
export const RETRY_POLICY: RetryPolicy = { pauses: [600, 1_500, 3_000, 6_000, 9_000], wait: pause };

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends an idempotent request until its outcome is known or the retries are used up. */
export async function sendUntilKnown<Result>(send: () => Promise<Result>, { pauses, wait }: RetryPolicy): Promise<Result> {
  for (let attempts = 0; ; attempts += 1) {
    try {
      return await send();
    } catch (error) {
      const next = pauses[attempts];
      if (!isUncertain(error) || next === undefined) throw error;
      await wait(next);
    }
  }
}

/** Sends an attempt until its outcome is known. If the retries are used up, it stays pending. */
export async function sendAttempt<Body, Result>(
  store: AttemptStore,
  attempt: Attempt<Body>,
  post: (attempt: Attempt<Body>) => Promise<Result>,
  rules: RetryPolicy,
): Promise<Result> {
  try {
    const result = await sendUntilKnown(() => post(attempt), rules);
    settleAttempt(store, attempt.key);
    return result;
  } catch (error) {
    // Only a definite refusal frees the key. An error of this page proves nothing about the server.
    if (isDefiniteRefusal(error)) settleAttempt(store, attempt.key);
    throw error;
  }
}

/**
 * Sends a command. If the outcome of an earlier, different one is unknown, that one is settled first: when it took effect after
 * all, its result is returned and the new command is not sent, since both may be meant to do the same, such as a refund.
 */
export async function sendCommand<Body, Result>(
  store: AttemptStore,
  { target, body, newKey }: { target: string; body: Body; newKey: () => string },
  post: (attempt: Attempt<Body>) => Promise<Result>,
  rules: RetryPolicy,
): Promise<{ result: Result; isEarlier: boolean }> {
  const pending = pendingAttempt<Body>(store);
  if (pending && !sameAttempt(pending, target, body)) {
    try {
      return { result: await sendAttempt(store, pending, post, rules), isEarlier: true };
    } catch (error) {
      if (!isDefiniteRefusal(error)) throw error;
    }
  }
  return { result: await sendAttempt(store, beginAttempt(store, target, body, newKey), post, rules), isEarlier: false };
}
