import { useEffect, useState } from 'react';
import { Button } from './Button';
import { useNotices } from './Notices';

const SHOWN_FOR_MS = 2_500;

/** Copies `text`; not there where the browser lets no page copy. `what` names it: "the IBAN". */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  const { announce, notify } = useNotices();
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  // Only secure pages have it, whatever its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return null;
  const copy = async () => {
    try {
      await clipboard.writeText(text);
      setCopied(true);
      announce(`Copied ${what}`);
    } catch {
      notify({ kind: 'problem', text: 'Your browser did not let us copy it. Please mark it and copy it yourself.' });
    }
  };
  return (
    <Button look="secondary" size="small" onClick={() => void copy()}>
      {copied ? 'Copied' : 'Copy'} <span className="visually-hidden">{what}</span>
    </Button>
  );
}
