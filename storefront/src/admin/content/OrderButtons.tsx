import type { ReactNode } from 'react';
import { Button } from '../../components/Button';
import { buttonId } from './menu-order';
import styles from './Content.module.css';

interface OrderButtonsProps {
  /** The key of the item. */
  id: string;
  name: string;
  index: number;
  count: number;
  onMove: (step: -1 | 1) => void;
  onRemove: () => void;
  children?: ReactNode;
}

/** The buttons of an item in a list: its place, and its end. */
export function OrderButtons({ id, name, index, count, onMove, onRemove, children }: OrderButtonsProps) {
  const of = <span className="visually-hidden"> {name}</span>;
  return (
    <div className={styles.buttons}>
      {children}
      <Button id={buttonId(id, 'up')} look="secondary" size="small" disabled={index === 0} onClick={() => onMove(-1)}>Move up{of}</Button>
      <Button id={buttonId(id, 'down')} look="secondary" size="small" disabled={index === count - 1} onClick={() => onMove(1)}>Move down{of}</Button>
      <Button id={buttonId(id, 'remove')} look="quiet" size="small" onClick={onRemove}>Remove{of}</Button>
    </div>
  );
}
