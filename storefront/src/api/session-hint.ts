// The session itself is in HttpOnly cookies that scripts cannot read. This remembers what kind
// of session the cookies should hold, so that an anonymous visitor's page does not begin with
// requests that can only fail. It is a hint: the server's answers overrule it.

export type SessionHint = 'account' | 'guest' | 'none';

const KEY = 'shop.session';
let inMemory: SessionHint = 'none';

export function sessionHint(): SessionHint {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'account' || stored === 'guest' ? stored : 'none';
  } catch {
    return inMemory;
  }
}

export function rememberSession(hint: SessionHint): void {
  inMemory = hint;
  try {
    if (hint === 'none') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, hint);
  } catch {
    // Storage may be blocked; memory serves for as long as this page lives.
  }
}
