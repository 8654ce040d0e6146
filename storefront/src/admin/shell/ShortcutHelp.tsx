import { useState } from 'react';
import { CheckField } from '../components/CheckField';
import { Dialog } from '../components/Dialog';
import { PAGES } from './navigation';
import { useCan } from './permissions';
import styles from './ShortcutHelp.module.css';
import { enableSingleKeys, singleKeysEnabled } from './shortcuts';

const GENERAL: readonly (readonly [keys: readonly string[], text: string])[] = [
  [['Ctrl', 'K'], 'Search orders and products, or jump to a page'],
  [['/'], 'Search in the page'],
  [['N'], 'Write a note, on the page of an order'],
  [['?'], 'Show this help'],
  [['↑', '↓'], 'Move between rows of a table; J and K do the same'],
  [['X'], 'Select the row'],
];

export function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  const can = useCan();
  const [enabled, setEnabled] = useState(singleKeysEnabled);
  const pages = PAGES.filter(({ permission }) => !permission || can(permission));
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts" size="wide">
      <div className={styles.body}>
        {/* First, because the dialog puts the focus on it, and a small screen scrolls there. */}
        <CheckField
          checked={enabled}
          onChange={(event) => {
            enableSingleKeys(event.target.checked);
            setEnabled(event.target.checked);
          }}
        >
          Use shortcuts of single keys. Switch them off if they get in the way of speech input.
        </CheckField>
        <section aria-labelledby="shortcuts-general">
          <h3 id="shortcuts-general">General</h3>
          <dl className={styles.list}>{GENERAL.map(([keys, text]) => <Row key={text} keys={keys} text={text} />)}</dl>
        </section>
        <section aria-labelledby="shortcuts-pages">
          <h3 id="shortcuts-pages">Go to a page</h3>
          <dl className={styles.list}>{pages.map(({ key, label }) => <Row key={key} keys={['G', key.toUpperCase()]} text={label} />)}</dl>
        </section>
      </div>
    </Dialog>
  );
}

function Row({ keys, text }: { keys: readonly string[]; text: string }) {
  return (
    <div>
      <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
      <dd>{text}</dd>
    </div>
  );
}
