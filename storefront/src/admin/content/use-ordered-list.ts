import { useEffect, useRef } from 'react';
import { useToasts } from '../../components/Toasts';
import { moved } from '../products/product-form';
import { focusAfterMove, focusAfterRemoval } from './menu-order';

interface OrderedListOptions<Item> {
  items: readonly Item[];
  onChange: (items: Item[]) => void;
  nameOf: (item: Item, index: number) => string;
  /** The id of the button that adds an item. */
  addButton: string;
}

/** Changes the order of a list. Says what has happened, and keeps the focus where the next change is likely. */
export function useOrderedList<Item extends { key: string }>({ items, onChange, nameOf, addButton }: OrderedListOptions<Item>) {
  const { announce } = useToasts();
  const wanted = useRef<string | null>(null);
  useEffect(() => {
    // The element is there, or can be used again, only after the list was rendered.
    if (wanted.current === null) return;
    document.getElementById(wanted.current)?.focus();
    wanted.current = null;
  });
  const name = (index: number) => {
    const item = items[index];
    return item ? nameOf(item, index) : '';
  };
  return {
    add: (item: Item, focus: string) => {
      wanted.current = focus;
      onChange([...items, item]);
    },
    change: (index: number, part: Partial<Item>) => onChange(items.map((item, at) => (at === index ? { ...item, ...part } : item))),
    move: (index: number, step: -1 | 1) => {
      wanted.current = focusAfterMove(items, index, step);
      onChange(moved(items, index, step));
      announce(`${name(index)} is now number ${index + step + 1} of ${items.length}`);
    },
    remove: (index: number) => {
      wanted.current = focusAfterRemoval(items, index, addButton);
      onChange(items.filter((_, at) => at !== index));
      announce(`${name(index)} is removed`);
    },
  };
}
