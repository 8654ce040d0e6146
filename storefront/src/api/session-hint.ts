// The session is in HttpOnly cookies, which scripts cannot read. This stores the kind of session
// that the cookies should hold, so that an anonymous visitor's page does not start with requests
// that can only fail. It is a hint: the server's responses override it.

type SessionHint = 'account' | 'guest' | 'none';

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
    // Storage may be blocked: the hint then lasts as long as the page.
  }
}
