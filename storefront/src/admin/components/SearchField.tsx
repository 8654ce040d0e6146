import { useEffect, useState } from 'react';
import { useDebounced } from '../../components/debounced';
import { TextField } from '../../components/Field';
import { singleKey } from '../shell/shortcuts';

/** A search field whose text is in the URL after each pause in typing. */
export function SearchField({ value, onChange, label = 'Search', hint }: { value: string; onChange: (value: string) => void; label?: string; hint?: string }) {
  const [text, setText] = useState(value);
  const settled = useDebounced(text, 300);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  useEffect(() => {
    if (settled.trim() !== value && settled === text) onChange(settled.trim());
    // Only a pause in typing changes the URL.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [settled]);
  return <TextField id="list-search" label={label} type="search" aria-keyshortcuts={singleKey('/')} hint={hint} autoComplete="off" maxLength={200} value={text} onChange={(event) => setText(event.target.value)} />;
}
