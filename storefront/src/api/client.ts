import { NoAnswerError, problemFrom } from './problem';
import { rememberSession, sessionHint } from './session-hint';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  idempotencyKey?: string;
  /**
   * Who the call is for. `visitor`: some session, a guest's is made for the first write (cart,
   * checkout). `account`: somebody who is logged in. Left out: anybody, without any session.
   */
  as?: 'visitor' | 'account';
}

const TIMEOUT_MS = 30_000;

/** Called when the server no longer knows the account whose cookies the browser had. */
let whenSignedOut: () => void = () => {};

export function onSignedOut(callback: () => void): void {
  whenSignedOut = callback;
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.idempotencyKey) headers['idempotency-key'] = options.idempotencyKey;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    });
  } catch (error) {
    // A caller that gave up hears of its own abort; all else is a lost request or a lost answer.
    if (options.signal?.aborted) throw error;
    throw new NoAnswerError(error);
  }
}

// Both are single-flight: a page that starts ten requests must not refresh ten times, since
// refresh tokens rotate, nor make ten guests.
let refreshing: Promise<boolean> | null = null;
let guesting: Promise<void> | null = null;

export function refreshSession(): Promise<boolean> {
  refreshing ??= (async () => {
    try {
      const response = await send('POST', '/api/v1/auth/refresh', { body: { session: 'cookie' } });
      if (response.ok) {
        rememberSession('account');
        return true;
      }
      // Only a clear no ends the session; a server that is restarting has not signed anybody out.
      if (response.status !== 401) throw await problemFrom(response);
      if (sessionHint() === 'account') {
        rememberSession('none');
        whenSignedOut();
      }
      return false;
    } finally {
      refreshing = null;
    }
  })();
  return refreshing;
}

function beginGuestSession(): Promise<void> {
  guesting ??= (async () => {
    try {
      const response = await send('POST', '/api/v1/auth/guest', { body: { session: 'cookie' } });
      if (!response.ok) throw await problemFrom(response);
      rememberSession('guest');
    } finally {
      guesting = null;
    }
  })();
  return guesting;
}

function isVisitorWrite(method: Method, options: CallOptions): boolean {
  return method !== 'GET' && options.as === 'visitor';
}

/**
 * On 401: whether the call is worth one more try. An access token that has run out is refused
 * everywhere, also where none is needed, so that nobody turns into a guest unawares. The refresh
 * renews it, or takes the dead cookies away: then what anybody may do works again.
 */
async function recover(method: Method, options: CallOptions): Promise<boolean> {
  if (await refreshSession()) return true;
  if (isVisitorWrite(method, options)) await beginGuestSession();
  return options.as !== 'account';
}

async function call(method: Method, path: string, options: CallOptions): Promise<Response> {
  if (isVisitorWrite(method, options) && sessionHint() === 'none') await beginGuestSession();
  let response = await send(method, path, options);
  if (response.status === 401 && (await recover(method, options))) {
    response = await send(method, path, options);
  }
  if (!response.ok) throw await problemFrom(response);
  return response;
}

async function bodyOf<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new NoAnswerError(error);
  }
}

async function json<T>(method: Method, path: string, options: CallOptions): Promise<T> {
  return bodyOf<T>(await call(method, path, options));
}

export const api = {
  get: <T>(path: string, options: Omit<CallOptions, 'body'> = {}) => json<T>('GET', path, options),
  post: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('POST', path, { ...options, body }),
  put: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('PUT', path, { ...options, body }),
  patch: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('PATCH', path, { ...options, body }),
  delete: <T>(path: string, options: CallOptions = {}) => json<T>('DELETE', path, options),
};

/**
 * Login, registration and card sessions: a 401 here is the answer itself ("wrong password"),
 * not a session to mend.
 */
export async function postPlainly<T>(path: string, body: unknown): Promise<T> {
  const response = await send('POST', path, { body });
  if (!response.ok) throw await problemFrom(response);
  return bodyOf<T>(response);
}
