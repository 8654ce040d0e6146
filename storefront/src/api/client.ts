import { NoResponseError, problemFrom } from './problem';
import { rememberSession, sessionHint } from './session-hint';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface CallOptions {
  body?: unknown;
  signal?: AbortSignal | undefined;
  idempotencyKey?: string;
  /**
   * The session that the call needs. `visitor`: any session, and the first write (cart, checkout)
   * creates a guest session. `account`: a logged-in account. Absent: none.
   */
  as?: 'visitor' | 'account';
}

const TIMEOUT_MS = 30_000;

/** Called when the server rejects the account session of the browser's cookies. */
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
    // An abort by the caller is passed on. Everything else is a lost request or a lost response.
    if (options.signal?.aborted) throw error;
    throw new NoResponseError(error);
  }
}

// Both are single-flight: ten parallel requests must not refresh ten times, since refresh tokens
// rotate, nor create ten guest sessions.
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
      // Only a 401 ends the session: a server that is restarting has not logged anybody out.
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
 * Handles a 401 and returns whether to retry the call. The server rejects an expired access token
 * even where none is needed, so that no account silently becomes a guest. The refresh either renews
 * the token or clears the cookies, after which public calls work again.
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
    const text = await response.text();
    // Some requests are accepted without saying more. Anywhere else, an empty response is a lost one.
    if (text === '' && response.status === 202) return undefined as T;
    return JSON.parse(text) as T;
  } catch (error) {
    throw new NoResponseError(error);
  }
}

async function json<T>(method: Method, path: string, options: CallOptions): Promise<T> {
  return bodyOf<T>(await call(method, path, options));
}

async function file(path: string, options: Omit<CallOptions, 'body'> = {}): Promise<File> {
  const response = await call('GET', path, options);
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'document';
  try {
    const blob = await response.blob();
    return new File([blob], name, { type: blob.type });
  } catch (error) {
    throw new NoResponseError(error);
  }
}

export const api = {
  /** Reads a file, such as a PDF, with the session of the browser. */
  file,
  get: <T>(path: string, options: Omit<CallOptions, 'body'> = {}) => json<T>('GET', path, options),
  post: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('POST', path, { ...options, body }),
  put: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('PUT', path, { ...options, body }),
  patch: <T>(path: string, body: unknown = {}, options: CallOptions = {}) => json<T>('PATCH', path, { ...options, body }),
  delete: <T>(path: string, options: CallOptions = {}) => json<T>('DELETE', path, options),
};

/**
 * Posts without session handling, for login, registration and card sessions: there a 401 is the
 * result ("wrong password"), not an expired session.
 */
export async function postWithoutSession<T>(path: string, body: unknown): Promise<T> {
  const response = await send('POST', path, { body });
  if (!response.ok) throw await problemFrom(response);
  return bodyOf<T>(response);
}
