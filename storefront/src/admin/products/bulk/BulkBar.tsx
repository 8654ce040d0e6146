import { useState } from 'react';
import { Button } from '../../../components/Button';
import { counted } from '../../components/formats';
import styles from './Bulk.module.css';
import { BulkDialog, type SimpleAction } from './BulkDialog';
import type { BulkItem } from './bulk-run';
import { PriceDialog } from './PriceDialog';
import type { BulkTask } from './use-bulk-run';

const ACTIONS: readonly (readonly [action: SimpleAction | 'prices', label: string])[] = [
  ['active', 'Publish'],
  ['draft', 'Set to draft'],
  ['archived', 'Archive'],
  ['category', 'Change category'],
  ['add-tags', 'Add tag'],
  ['remove-tags', 'Remove tag'],
  ['prices', 'Change price'],
];

interface BulkBarProps {
  items: readonly BulkItem[];
  /** The number of selected products that the page does not show. */
  elsewhere: number;
  onStart: (task: BulkTask) => void;
  onClear: () => void;
}

/** The actions for the selected products. */
export function BulkBar({ items, elsewhere, onStart, onClear }: BulkBarProps) {
  const [action, setAction] = useState<SimpleAction | 'prices' | null>(null);
  const start = (task: BulkTask) => {
    setAction(null);
    onStart(task);
  };
  return (
    <div className={styles.bar} role="group" aria-label="Selected products">
      <p role="status">{counted(items.length, 'product')} selected{elsewhere > 0 && `, ${elsewhere} of them on other pages`}</p>
      {ACTIONS.map(([one, label]) => <Button key={one} look="secondary" size="small" onClick={() => setAction(one)}>{label}…</Button>)}
      <Button look="quiet" size="small" onClick={onClear}>Clear selection</Button>
      {action === 'prices' && <PriceDialog items={items} onStart={start} onClose={() => setAction(null)} />}
      {action !== null && action !== 'prices' && <BulkDialog action={action} items={items} onStart={start} onClose={() => setAction(null)} />}
    </div>
  );
}
