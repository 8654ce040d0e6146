import { useState, type KeyboardEvent } from 'react';
import { useSuggestions } from '../../api/catalogue';
import { useDebounced } from '../../components/debounced';
import { inputClass } from '../../components/Field';
import { useNavigate } from '../../router/hooks';
import { useOrderSearch } from '../api/orders';
import { Dialog } from '../components/Dialog';
import { counted } from '../components/formats';
import styles from './CommandPalette.module.css';
import { matchingItems, orderItems, productItems, type PaletteItem } from './palette-items';
import { useCan } from './permissions';

interface CommandPaletteProps {
  open: boolean;
  onClose: () => void;
  onHelp: () => void;
}

export function CommandPalette({ open, onClose, onHelp }: CommandPaletteProps) {
  return (
    <Dialog open={open} onClose={onClose} title="Search">
      <Palette onClose={onClose} onHelp={onHelp} />
    </Dialog>
  );
}

/** Orders by number, products by text, pages and actions: a combobox whose list is always open. */
function Palette({ onClose, onHelp }: Omit<CommandPaletteProps, 'open'>) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const navigate = useNavigate();
  const { items, searching } = usePaletteItems(text);
  const current = items[Math.min(active, items.length - 1)];

  const pick = (item: PaletteItem) => {
    onClose();
    if (item.action === 'help') onHelp();
    else if (item.action === 'shop') window.location.assign('/');
    else if (item.to) void navigate(item.to);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const next = (active + step + items.length) % Math.max(1, items.length);
      setActive(next);
      document.getElementById(`palette-${items[next]?.id}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter' && current) {
      event.preventDefault();
      pick(current);
    }
  };

  return (
    <div className={styles.palette}>
      <input
        className={inputClass}
        type="text"
        role="combobox"
        aria-label="Search orders, products and pages"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-autocomplete="list"
        aria-activedescendant={current ? `palette-${current.id}` : undefined}
        placeholder="Order number, product or page"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Results" className={styles.list}>
        {items.map((item, index) => (
          <li
            key={item.id}
            id={`palette-${item.id}`}
            role="option"
            aria-selected={item === current}
            className={styles.item}
            data-first={item.group !== items[index - 1]?.group || undefined}
            onPointerMove={() => setActive(index)}
            onClick={() => pick(item)}
            onKeyDown={undefined}
          >
            <span className={styles.group}>{item.group}</span>
            <span className={styles.label}>{item.label}</span>
            {item.hint && <span className={styles.hint}>{item.hint}</span>}
          </li>
        ))}
      </ul>
      <p className={items.length > 0 || searching ? 'visually-hidden' : styles.nothing} role="status">
        {items.length > 0 ? counted(items.length, 'result') : searching ? 'Searching' : 'Nothing found.'}
      </p>
    </div>
  );
}

function usePaletteItems(text: string): { items: PaletteItem[]; searching: boolean } {
  const can = useCan();
  const settled = useDebounced(text.trim(), 200);
  // An empty text is not looked up.
  const products = useSuggestions(can('products:read') ? settled : '', null);
  const orders = useOrderSearch(settled, can('orders:read'));
  return {
    items: [
      ...(settled.length >= 2 ? orderItems(orders.data?.items ?? []) : []),
      ...(settled.length >= 2 ? productItems(products.data?.items ?? []) : []),
      ...matchingItems(text, can),
    ],
    searching: settled !== text.trim() || products.isFetching || orders.isFetching,
  };
}
