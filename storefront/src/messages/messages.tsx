import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import { loadMessages, type Messages } from './catalogue';
import { languageCookie, type Language } from './language';

interface Choice {
  messages: Messages;
  /** Shows the page in another language, and remembers it for this browser. Rejects when its texts cannot be loaded. */
  choose: (language: Language) => Promise<void>;
}

const MessagesContext = createContext<Choice | null>(null);

export function MessagesProvider({ initial, children }: { initial: Messages; children: ReactNode }) {
  const [messages, setMessages] = useState(initial);
  const choose = useCallback(async (language: Language) => {
    const next = await loadMessages(language);
    document.cookie = languageCookie(language);
    document.documentElement.lang = language;
    // Only texts change: the components keep their state, and so what has been typed.
    setMessages(next);
  }, []);
  const value = useMemo(() => ({ messages, choose }), [messages, choose]);
  return <MessagesContext value={value}>{children}</MessagesContext>;
}

function useChoice(): Choice {
  const choice = useContext(MessagesContext);
  if (!choice) throw new Error('useMessages must be used inside MessagesProvider');
  return choice;
}

/** The texts in the language of the page. */
export function useMessages(): Messages {
  return useChoice().messages;
}

export function useChooseLanguage(): (language: Language) => Promise<void> {
  return useChoice().choose;
}
