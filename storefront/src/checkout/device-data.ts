import { hiddenForm, webUrl } from './bank-page';
import type { DeviceDataAction } from './purchase';

/** Sent in place of a reference when the frame does not respond: the bank then decides without device data. */
const DEVICE_DATA_TIMEOUT = 'timeout';

const TIMEOUT_MS = 10_000;
const FRAME = 'bank-device-data';

/** Returns the reference in a message of the bank's frame, or null for other messages. */
export function referenceIn(data: unknown): string | null {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data) as { MessageType?: unknown; SessionId?: unknown } | null;
    const isCompleted = message?.MessageType === 'profile.completed' && typeof message.SessionId === 'string';
    return isCompleted && message.SessionId !== '' ? (message.SessionId as string) : null;
  } catch {
    return null;
  }
}

/**
 * Collects device data for the bank in a hidden frame (3-D Secure) and returns the bank's reference
 * for it. Device data is optional, so this never fails. The title names the frame.
 */
export async function describeDevice(action: DeviceDataAction, title: string): Promise<string> {
  const url = webUrl(action.url, window.location.href);
  if (url === null) return DEVICE_DATA_TIMEOUT;
  const { origin } = new URL(url);
  const frame = document.createElement('iframe');
  Object.assign(frame, { name: FRAME, title, hidden: true, tabIndex: -1 });
  frame.setAttribute('aria-hidden', 'true');
  document.body.append(frame);
  const form = hiddenForm(url, FRAME, { JWT: action.jwt, ...(action.bin ? { Bin: action.bin } : {}) });
  const done = new AbortController();
  try {
    return await new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(DEVICE_DATA_TIMEOUT), TIMEOUT_MS);
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
