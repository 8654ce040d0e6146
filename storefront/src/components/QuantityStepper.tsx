import { useState } from 'react';
import { useMessages } from '../messages/messages';
import { Icon } from './Icon';
import styles from './QuantityStepper.module.css';

interface QuantityStepperProps {
  label: string;
  value: number;
  min?: number;
  /** No limit of its own when absent. */
  max: number | null | undefined;
  onChange: (quantity: number) => void;
}

const MAX_QUANTITY = 999;

export function QuantityStepper({ label, value, min = 1, max, onChange }: QuantityStepperProps) {
  const t = useMessages();
  const limit = Math.min(max ?? MAX_QUANTITY, MAX_QUANTITY);
  const [text, setText] = useState(String(value));
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(String(value));
  }

  const commit = () => {
    const typed = /^\d{1,3}$/.test(text.trim()) ? Number(text) : value;
    const next = Math.max(min, Math.min(typed, limit));
    setText(String(next));
    if (next !== value) onChange(next);
  };

  return (
    <div className={styles.stepper} role="group" aria-label={label}>
      <button type="button" aria-label={t.common.decrease} disabled={value <= min} onClick={() => onChange(value - 1)}>
        <Icon name="minus" size={16} />
      </button>
      <input
        aria-label={label}
        inputMode="numeric"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      <button type="button" aria-label={t.common.increase} disabled={value >= limit} onClick={() => onChange(value + 1)}>
        <Icon name="plus" size={16} />
      </button>
    </div>
  );
}
