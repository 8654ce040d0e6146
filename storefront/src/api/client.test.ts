import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api, onSignedOut, postWithoutSession } from './client';
import { ApiError, NoResponseError } from './problem';
import { rememberSession, sessionHint } from './session-hint';

type Reply = { status: number; body?: unknown } | 'lost';
type Call = { method: string; path: string; headers: Record<string, string>; body: string | undefined };

let calls: Call[];

/** Serves each path from its list of responses; the last one repeats. */
function serve(routes: Record<string, Reply[]>): void {
  calls = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const method = init.method ?? 'GET';
    calls.push({ method, path, headers: init.headers as Record<string, string>, body: init.body as string | undefined });
    const replies = routes[`${method} ${path}`];
    if (!replies) throw new Error(`unexpected call: ${method} ${path}`);
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
    if (reply === 'lost') throw new TypeError('network');
    return new Response(reply.body === undefined ? null : JSON.stringify(reply.body), {
      status: reply.status,
      headers: { 'content-type': reply.status >= 400 ? 'application/problem+json' : 'application/json' },
    });
  });
}

const unauthenticated: Reply = { status: 401, body: { type: 'urn:shopstack:problem:unauthenticated', title: 'Log in first', status: 401 } };
const add = () => api.post('/api/v1/cart/lines', { sku: 'A', quantity: 1 }, { as: 'visitor' });
const paths = () => calls.map((call) => `${call.method} ${call.path}`);

beforeEach(() => rememberSession('none'));

describe('an expired session', () => {
  it('is refreshed once and the call retried with the same body', async () => {
    rememberSession('account');
    serve({
      'PATCH /api/v1/me': [unauthenticated, { status: 200, body: { name: 'Ada' } }],
      'POST /api/v1/auth/refresh': [{ status: 200, body: {} }],
    });
    await expect(api.patch('/api/v1/me', { name: 'Ada' }, { as: 'account' })).resolves.toEqual({ name: 'Ada' });
    expect(paths()).toEqual(['PATCH /api/v1/me', 'POST /api/v1/auth/refresh', 'PATCH /api/v1/me']);
    expect(calls[2]?.body).toBe(calls[0]?.body);
  });

  it('is refreshed once for many parallel calls', async () => {
    rememberSession('account');
    serve({
      'GET /api/v1/me': [unauthenticated, { status: 200, body: 1 }],
      'GET /api/v1/orders': [unauthenticated, { status: 200, body: 2 }],
      'POST /api/v1/auth/refresh': [{ status: 200, body: {} }],
    });
    await Promise.all([api.get('/api/v1/me', { as: 'account' }), api.get('/api/v1/orders', { as: 'account' })]);
    expect(paths().filter((path) => path.includes('refresh'))).toHaveLength(1);
  });

  it('ends when the refresh is rejected, with one callback', async () => {
    rememberSession('account');
    const signedOut = vi.fn();
    onSignedOut(signedOut);
    serve({ 'GET /api/v1/me': [unauthenticated], 'POST /api/v1/auth/refresh': [unauthenticated] });
    await expect(api.get('/api/v1/me', { as: 'account' })).rejects.toMatchObject({ status: 401, slug: 'unauthenticated' });
    expect(sessionHint()).toBe('none');
    expect(signedOut).toHaveBeenCalledTimes(1);
    onSignedOut(() => {});
  });

  it('is not ended by a server that is unavailable', async () => {
    rememberSession('account');
    serve({ 'GET /api/v1/me': [unauthenticated], 'POST /api/v1/auth/refresh': [{ status: 503, body: { title: 'Unavailable' } }] });
    await expect(api.get('/api/v1/me', { as: 'account' })).rejects.toMatchObject({ status: 503 });
    expect(sessionHint()).toBe('account');
  });
});

describe('a visitor without a session', () => {
  it('reads without one', async () => {
    serve({ 'GET /api/v1/cart': [{ status: 200, body: { lines: [] } }] });
    await api.get('/api/v1/cart', { as: 'visitor' });
    expect(paths()).toEqual(['GET /api/v1/cart']);
  });

  it('becomes one guest before the first writes', async () => {
    serve({
      'POST /api/v1/auth/guest': [{ status: 201, body: { kind: 'guest' } }],
      'POST /api/v1/cart/lines': [{ status: 200, body: {} }],
    });
    await Promise.all([add(), add()]);
    await add();
    expect(paths().filter((path) => path.endsWith('guest'))).toHaveLength(1);
    expect(calls.find((call) => call.path.endsWith('guest'))?.body).toBe('{"session":"cookie"}');
    expect(sessionHint()).toBe('guest');
  });

  it('becomes a guest again when the cookie is gone', async () => {
    rememberSession('guest');
    serve({
      'POST /api/v1/cart/lines': [unauthenticated, { status: 200, body: { item_count: 1 } }],
      'POST /api/v1/auth/refresh': [unauthenticated],
      'POST /api/v1/auth/guest': [{ status: 201, body: {} }],
    });
    await expect(api.post('/api/v1/cart/lines', {}, { as: 'visitor' })).resolves.toEqual({ item_count: 1 });
    expect(paths()).toEqual(['POST /api/v1/cart/lines', 'POST /api/v1/auth/refresh', 'POST /api/v1/auth/guest', 'POST /api/v1/cart/lines']);
  });

  it('can still read after the cookies of an account expired', async () => {
    serve({ 'GET /api/v1/products': [unauthenticated, { status: 200, body: { items: [] } }], 'POST /api/v1/auth/refresh': [unauthenticated] });
    await expect(api.get('/api/v1/products')).resolves.toEqual({ items: [] });
    expect(paths()).toEqual(['GET /api/v1/products', 'POST /api/v1/auth/refresh', 'GET /api/v1/products']);
  });

  it('retries a call once only', async () => {
    serve({ 'GET /api/v1/products': [unauthenticated], 'POST /api/v1/auth/refresh': [{ status: 200, body: {} }] });
    await expect(api.get('/api/v1/products')).rejects.toMatchObject({ status: 401 });
    expect(calls).toHaveLength(3);
  });

  it('never becomes a guest for calls that need an account', async () => {
    serve({ 'PUT /api/v1/products/x/reviews/mine': [unauthenticated], 'POST /api/v1/auth/refresh': [unauthenticated] });
    await expect(api.put('/api/v1/products/x/reviews/mine', {}, { as: 'account' })).rejects.toBeInstanceOf(ApiError);
    expect(paths()).not.toContain('POST /api/v1/auth/guest');
  });
});

describe('responses', () => {
  it('are turned into a problem with its extra members', async () => {
    serve({
      'GET /x': [{ status: 409, body: { type: 'urn:shopstack:problem:out-of-stock', title: 'Out of stock', detail: 'Only 2 left.', available: 2, errors: [{ pointer: '/quantity', detail: 'too many' }] } }],
    });
    const error = await api.get('/x').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ slug: 'out-of-stock', status: 409, message: 'Only 2 left.', body: { available: 2 } });
    expect((error as ApiError).fieldError('/quantity')).toBe('too many');
  });

  it('that are lost are distinguished from rejections', async () => {
    serve({ 'GET /x': ['lost'] });
    await expect(api.get('/x')).rejects.toBeInstanceOf(NoResponseError);
  });

  it('to a wrong password are final', async () => {
    serve({ 'POST /api/v1/auth/login': [unauthenticated] });
    await expect(postWithoutSession('/api/v1/auth/login', {})).rejects.toMatchObject({ status: 401 });
    expect(paths()).toEqual(['POST /api/v1/auth/login']);
  });

  it('without a body are undefined, and an idempotency key is sent as a header', async () => {
    serve({ 'DELETE /x': [{ status: 204 }], 'POST /y': [{ status: 201, body: {} }] });
    await expect(api.delete('/x')).resolves.toBeUndefined();
    await api.post('/y', {}, { idempotencyKey: 'k1' });
    expect(calls[1]?.headers['idempotency-key']).toBe('k1');
  });
});
