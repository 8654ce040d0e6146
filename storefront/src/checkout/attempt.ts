import { ApiError, NoAnswerError } from '../api/problem';

/**
 * One press of "Place order", as it was sent. It is written to storage before it is sent and
 * stays there until its outcome is known: whatever happens in between (a lost answer, a reload,
 * a second click), the same bytes go out again under the same key, and the server answers with
 * the same purchase instead of making another.
 */
export interface Attempt<Body = unknown> {
  key: string;
  /** Where it goes: a new checkout, or a further attempt to pay for an order. */
  target: string;
  body: Body;
}

export type AttemptStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Forgets with the page. */
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

/** The attempt to send now: the pending one if it is the same purchase, else a new one. */
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

/** Whether an error says for certain that this attempt bought nothing. */
export function provesNothingBought(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  if (error.slug === 'request-in-flight') return false;
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** Worth sending again by itself: it may have taken effect, or is still being worked on. */
export function isUncertain(error: unknown): boolean {
  return error instanceof NoAnswerError || (error instanceof ApiError && !provesNothingBought(error));
}

export interface SendRules {
  /** How long to wait before each further try; its length is the number of further tries. */
  pauses: readonly number[];
  wait: (ms: number) => Promise<void>;
}

/** Sending twice at once, then with some patience: 20 seconds in all before it is said aloud. */
export const PATIENT: SendRules = { pauses: [600, 1_500, 3_000, 6_000, 9_000], wait: pause };

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends what may be sent twice until its outcome is known or the tries run out. */
export async function sendUntilKnown<Answer>(send: () => Promise<Answer>, { pauses, wait }: SendRules): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      const next = pauses[tries];
      if (!isUncertain(error) || next === undefined) throw error;
      await wait(next);
    }
  }
}

/** Sends an attempt until its outcome is known or the tries run out; then it stays pending. */
export async function sendAttempt<Body, Answer>(
  store: AttemptStore,
  attempt: Attempt<Body>,
  post: (attempt: Attempt<Body>) => Promise<Answer>,
  rules: SendRules,
): Promise<Answer> {
  try {
    const answer = await sendUntilKnown(() => post(attempt), rules);
    settleAttempt(store, attempt.key);
    return answer;
  } catch (error) {
    // Only a clear no frees the key. A bug in this page proves nothing about the server.
    if (provesNothingBought(error)) settleAttempt(store, attempt.key);
    throw error;
  }
}
