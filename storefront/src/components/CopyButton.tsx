import { useEffect, useState } from 'react';
import { useMessages } from '../messages/messages';
import { Button } from './Button';
import { useToasts } from './Toasts';

const SHOWN_FOR_MS = 2_500;

/** Copies `text`. Renders nothing in browsers without a clipboard. `what` names the value within a sentence. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const t = useMessages();
  const [copied, setCopied] = useState(false);
  const { announce, notify } = useToasts();
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  // The type claims that it always exists, but only secure contexts have it.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  const copy = async () => {
    try {
      await clipboard.writeText(text);
      setCopied(true);
      announce(t.common.copiedValue(what));
    } catch {
      notify({ kind: 'problem', text: t.common.notCopied });
    }
  };
  return (
    <Button look="secondary" size="small" onClick={() => void copy()}>
      {copied ? t.common.copied : t.common.copy} <span className="visually-hidden">{what}</span>
    </Button>
  );
}
