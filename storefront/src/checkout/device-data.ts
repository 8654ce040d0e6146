import { hiddenForm, webUrl } from './bank-page';
import type { DeviceDataAction } from './purchase';

/** What is told to the bank instead when the frame does not answer: it then decides without. */
export const NO_ANSWER = 'timeout';

const PATIENCE_MS = 10_000;
const FRAME = 'bank-device-data';

/** The reference in a message of the bank's frame, or null when it is another message. */
export function referenceIn(data: unknown): string | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as { MessageType?: unknown; SessionId?: unknown } | null;
    const isIt = message?.MessageType === 'profile.completed' && typeof message.SessionId === 'string';
    return isIt && message.SessionId !== '' ? (message.SessionId as string) : null;
  } catch {
    return null;
  }
}

/**
 * Has the browser describe itself to the bank in a frame that nobody sees, and gives the bank's
 * reference for it. The bank can do without, so nothing here ever fails.
 */
export async function describeDevice(action: DeviceDataAction): Promise<string> {
  const url = webUrl(action.url, window.location.href);
  if (url === null) return NO_ANSWER;
  const { origin } = new URL(url);
  const frame = document.createElement('iframe');
  Object.assign(frame, { name: FRAME, title: 'A check by your bank', hidden: true, tabIndex: -1 });
  frame.setAttribute('aria-hidden', 'true');
  document.body.append(frame);
  const form = hiddenForm(url, FRAME, { JWT: action.jwt, ...(action.bin ? { Bin: action.bin } : {}) });
  const done = new AbortController();
  try {
    return await new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(NO_ANSWER), PATIENCE_MS);
      done.signal.addEventListener('abort', () => clearTimeout(timer));
      const onMessage = (event: MessageEvent) => {
        const reference = event.origin === origin ? referenceIn(event.data) : null;
        if (reference !== null) resolve(reference);
      };
      window.addEventListener('message', onMessage, { signal: done.signal });
      form.submit();
    });
  } finally {
    done.abort();
    form.remove();
    frame.remove();
  }
}
