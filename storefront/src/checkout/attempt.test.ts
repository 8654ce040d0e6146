import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError, NoResponseError } from '../api/problem';
import { beginAttempt, memoryStore, pendingAttempt, sameAttempt, sendAttempt, sendCommand, sendUntilKnown, settleAttempt, type Attempt, type AttemptStore } from './attempt';

function problem(slug: string, status: number): ApiError {
  return new ApiError({ type: `urn:shopstack:problem:${slug}`, title: slug, status });
}

let store: AttemptStore;
let keys: () => string;
const body = { email: 'a@example.org', total: 1999 };
const unavailable = () => Promise.reject(problem('unavailable', 503));
const rules = { pauses: [10, 20], wait: () => Promise.resolve() };

const command = (total: number) => ({ target: 'refunds', body: { total }, newKey: () => keys() });
const lost = () => expect(sendCommand(store, command(10), unavailable, rules)).rejects.toMatchObject({ status: 503 });

beforeEach(() => {
  store = memoryStore();
  let n = 0;
  keys = () => `key-${(n += 1)}`;
});

describe('beginAttempt', () => {
  it('keeps the key while the outcome of the same purchase is unknown', () => {
    const first = beginAttempt(store, 'checkout', body, keys);
    expect(beginAttempt(store, 'checkout', { ...body }, keys)).toEqual(first);
    expect(pendingAttempt(store)).toEqual(first);
  });

  it('takes a new key once the attempt is settled, or for another purchase', () => {
    const first = beginAttempt(store, 'checkout', body, keys);
    const other = beginAttempt(store, 'checkout', { ...body, total: 2999 }, keys);
    expect(other.key).not.toBe(first.key);
    settleAttempt(store, other.key);
    expect(beginAttempt(store, 'checkout', body, keys).key).toBe('key-3');
  });

  it('is not settled by another attempt', () => {
    const attempt = beginAttempt(store, 'checkout', body, keys);
    settleAttempt(store, 'other-key');
    expect(pendingAttempt(store)).toEqual(attempt);
  });

  it('ignores damaged storage', () => {
    store.setItem('shop.attempt', '{oops');
    expect(pendingAttempt(store)).toBeNull();
    store.setItem('shop.attempt', '{}');
    expect(pendingAttempt(store)).toBeNull();
  });
});

describe('sameAttempt', () => {
  it('distinguishes a checkout from a further attempt', () => {
    const attempt: Attempt = { key: 'k', target: 'checkout', body };
    expect(sameAttempt(attempt, 'checkout', body)).toBe(true);
    expect(sameAttempt(attempt, 'payment-1', body)).toBe(false);
  });
});

describe('sendUntilKnown', () => {
  it('retries until a response arrives', async () => {
    const send = vi.fn<() => Promise<string>>()
      .mockRejectedValueOnce(new NoResponseError('cable'))
      .mockRejectedValueOnce(problem('unavailable', 503))
      .mockResolvedValueOnce('cancelled');
    const wait = vi.fn(rules.wait);
    expect(await sendUntilKnown(send, { pauses: [10, 20], wait })).toBe('cancelled');
    expect(wait.mock.calls).toEqual([[10], [20]]);
  });

  it('does not retry after a definite refusal, and not without end', async () => {
    const no = problem('not-found', 404);
    const refused = vi.fn(() => Promise.reject(no));
    await expect(sendUntilKnown(refused, rules)).rejects.toBe(no);
    expect(refused).toHaveBeenCalledTimes(1);
    const away = vi.fn(unavailable);
    await expect(sendUntilKnown(away, rules)).rejects.toMatchObject({ status: 503 });
    expect(away).toHaveBeenCalledTimes(3);
  });
});

describe('sendAttempt', () => {
  it('frees the key after a response', async () => {
    const attempt = beginAttempt(store, 'checkout', body, keys);
    await expect(sendAttempt(store, attempt, async () => 'bought', rules)).resolves.toBe('bought');
    expect(pendingAttempt(store)).toBeNull();
  });

  it('sends the same key and body again after a lost response', async () => {
    const attempt = beginAttempt(store, 'checkout', body, keys);
    const post = vi.fn<(sent: Attempt) => Promise<string>>()
      .mockRejectedValueOnce(new NoResponseError('cable'))
      .mockRejectedValueOnce(problem('request-in-flight', 409))
      .mockResolvedValueOnce('bought');
    await expect(sendAttempt(store, attempt, post, rules)).resolves.toBe('bought');
    expect(post.mock.calls.map(([sent]) => sent.key)).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it('keeps the key for the next click when the retries are used up', async () => {
    const attempt = beginAttempt(store, 'checkout', body, keys);
    await expect(sendAttempt(store, attempt, unavailable, rules)).rejects.toBeInstanceOf(ApiError);
    expect(beginAttempt(store, 'checkout', body, keys).key).toBe('key-1');
  });

  it('frees the key after a definite refusal, without a retry', async () => {
    for (const no of [problem('total-changed', 409), problem('out-of-stock', 409), problem('idempotency-key-reused', 422)]) {
      const attempt = beginAttempt(store, 'checkout', body, keys);
      const post = vi.fn<() => Promise<string>>().mockRejectedValue(no);
      await expect(sendAttempt(store, attempt, post, rules)).rejects.toBe(no);
      expect(post).toHaveBeenCalledTimes(1);
      expect(pendingAttempt(store)).toBeNull();
    }
  });

  it('keeps the key when this page itself fails', async () => {
    const attempt = beginAttempt(store, 'checkout', body, keys);
    await expect(sendAttempt(store, attempt, () => Promise.reject(new TypeError('bug')), rules)).rejects.toThrow('bug');
    expect(pendingAttempt(store)).toEqual(attempt);
  });
});

describe('sendCommand', () => {
  it('sends the same command again under the same key', async () => {
    await lost();
    const post = vi.fn(async ({ key }: Attempt) => key);
    expect(await sendCommand(store, command(10), post, rules)).toEqual({ result: 'key-1', isEarlier: false });
    expect(await sendCommand(store, command(10), post, rules)).toEqual({ result: 'key-2', isEarlier: false });
  });

  it('does not send another command when the earlier one took effect after all', async () => {
    await lost();
    const post = vi.fn(async ({ key, body: sent }: Attempt) => ({ key, sent }));
    expect(await sendCommand(store, command(5), post, rules)).toEqual({ result: { key: 'key-1', sent: { total: 10 } }, isEarlier: true });
    expect(post).toHaveBeenCalledTimes(1);
    expect(pendingAttempt(store)).toBeNull();
  });

  it('sends another command once the earlier one is refused, and not while its outcome is unknown', async () => {
    await lost();
    await expect(sendCommand(store, command(5), unavailable, rules)).rejects.toMatchObject({ status: 503 });
    expect(pendingAttempt(store)).toMatchObject({ key: 'key-1', body: { total: 10 } });
    const post = vi.fn(async ({ key }: Attempt) => key).mockRejectedValueOnce(problem('not-possible-now', 409));
    expect(await sendCommand(store, command(5), post, rules)).toEqual({ result: 'key-2', isEarlier: false });
  });
});
