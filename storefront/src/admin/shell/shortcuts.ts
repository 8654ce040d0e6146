import { PAGES } from './navigation';

type Shortcut = { do: 'open'; path: string } | { do: 'search' } | { do: 'note' } | { do: 'help' } | { do: 'palette' } | { do: 'await-second-key' } | null;

interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The second key of a sequence must follow within this time. */
export const SEQUENCE_MS = 1_500;

/**
 * Matches a key press. `first` is the key before it, if that began a sequence such as `g o`. `isTyping` is true within
 * text fields, where only Ctrl+K and Cmd+K work. Without `singleKeys`, keys without a modifier do nothing.
 */
export function matchShortcut(press: KeyPress, { first, isTyping, singleKeys }: { first: string | null; isTyping: boolean; singleKeys: boolean }): Shortcut {
  const key = press.key.toLowerCase();
  if (key === 'k' && (press.ctrlKey || press.metaKey) && !press.altKey) return { do: 'palette' };
  if (isTyping || !singleKeys || press.ctrlKey || press.metaKey || press.altKey) return null;
  if (first === 'g') {
    const page = PAGES.find((one) => one.key === key);
    return page ? { do: 'open', path: page.path } : null;
  }
  if (key === 'g') return { do: 'await-second-key' };
  if (key === '/') return { do: 'search' };
  if (key === 'n') return { do: 'note' };
  if (key === '?') return { do: 'help' };
  return null;
}

const SETTING = 'admin.single-key-shortcuts';

export function singleKeysEnabled(): boolean {
  try {
    return localStorage.getItem(SETTING) !== 'off';
  } catch {
    return true;
  }
}

/** Returns the value of `aria-keyshortcuts` for a key without a modifier, unless such keys are switched off. */
export function singleKey(key: string): string | undefined {
  return singleKeysEnabled() ? key : undefined;
}

export function enableSingleKeys(enabled: boolean): void {
  try {
    if (enabled) localStorage.removeItem(SETTING);
    else localStorage.setItem(SETTING, 'off');
  } catch {
    // Storage may be blocked: the default stays.
  }
}
