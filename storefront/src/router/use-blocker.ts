import type { HistoryAction, HistoryLocation } from '@tanstack/history';
import { useEffect, useState } from 'react';
import { useNavigation } from './hooks';

interface Blocked {
  proceed: () => void;
  cancel: () => void;
}

/**
 * While active, keeps the page open: another page, also by Back, waits for an answer, and the browser asks before the tab is
 * closed. Returns the navigation that waits, or null.
 */
export function useBlocker(active: boolean): Blocked | null {
  const { history, locate } = useNavigation();
  const [waiting, setWaiting] = useState<(() => void) | null>(null);
  useEffect(() => {
    if (!active) return;
    return history.block({
      enableBeforeUnload: true,
      blockerFn: ({ currentLocation, nextLocation, action }) => {
        if (locate(currentLocation).pathname === locate(nextLocation).pathname) return false;
        setWaiting(() => () => {
          repeat(action, currentLocation, nextLocation);
        });
        return true;
      },
    });

    function repeat(action: HistoryAction, { state }: HistoryLocation, { href, state: nextState }: HistoryLocation): void {
      const unasked = { ignoreBlocker: true };
      if (action === 'PUSH') history.push(href, nextState, unasked);
      else if (action === 'REPLACE') history.replace(href, nextState, unasked);
      else history.go(nextState.__TSR_index - state.__TSR_index, unasked);
    }
  }, [active, history, locate]);
  if (!waiting) return null;
  return {
    proceed: () => {
      setWaiting(null);
      waiting();
    },
    cancel: () => setWaiting(null),
  };
}
