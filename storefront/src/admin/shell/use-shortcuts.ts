import { useEffect, useRef } from 'react';
import { matchShortcut, SEQUENCE_MS, singleKeysEnabled } from './shortcuts';

interface Actions {
  open: (path: string) => void;
  palette: () => void;
  search: () => void;
  note: () => void;
  help: () => void;
}

const TYPING = 'input:not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable="true"]';

export function useShortcuts(actions: Actions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    let first: string | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      // A dialog is open: its own keys apply.
      if (event.isComposing || document.querySelector('dialog[open]')) return;
      const isTyping = event.target instanceof Element && event.target.matches(TYPING);
      const shortcut = matchShortcut(event, { first, isTyping, singleKeys: singleKeysEnabled() });
      first = null;
      clearTimeout(timer);
      if (!shortcut) return;
      event.preventDefault();
      // The second key of a sequence may also be a key of tables, such as the k of `g k`.
      event.stopPropagation();
      if (shortcut.do === 'await-second-key') {
        first = 'g';
        timer = setTimeout(() => {
          first = null;
        }, SEQUENCE_MS);
      } else if (shortcut.do === 'open') {
        latest.current.open(shortcut.path);
      } else {
        latest.current[shortcut.do]();
      }
    };
    // Before the elements of the page, so that a sequence wins over their keys.
    document.addEventListener('keydown', onKeyDown, { capture: true });
    return () => {
      clearTimeout(timer);
      document.removeEventListener('keydown', onKeyDown, { capture: true });
    };
  }, []);
}
