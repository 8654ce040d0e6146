import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Order } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { QuantityStepper } from '../components/QuantityStepper';
import { checkReturn, returnables, returnRequest, type ReturnDraft } from './returns';
import styles from './Returns.module.css';
import { useOrderCommand } from './use-order-command';

interface ReturnFormProps {
  order: Order;
  token: string | null;
  onDone: () => void;
  onCancel: () => void;
}

const FIELDS = { '/lines': 'return-lines', '/reason': 'return-reason' };

export function ReturnForm({ order, token, onDone, onCancel }: ReturnFormProps) {
  const choices = returnables(order);
  // A single unit leaves nothing to choose, so it is selected.
  const [draft, setDraft] = useState<ReturnDraft>(() => {
    const [only, ...others] = choices;
    return { quantities: only && others.length === 0 && only.left === 1 ? { [only.sku]: 1 } : {}, reason: '' };
  });
  const [errors, setErrors] = useState<FieldError[]>([]);
  const request = useOrderCommand(order.id, token, 'returns');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found = checkReturn(draft);
    setErrors(found);
    if (found.length > 0) return;
    request.mutate(returnRequest(draft, choices), { onSuccess: onDone, onError: (error) => setErrors(errorsOf(error, FIELDS)) });
  };

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-labelledby="return-heading">
      <h3 id="return-heading" ref={heading} tabIndex={-1}>Return items</h3>
      <ErrorSummary errors={errors} />
      <fieldset id="return-lines" tabIndex={-1} className={styles.choices} aria-describedby={errorOf('return-lines') ? 'return-lines-error' : undefined}>
        <legend>Items to return</legend>
        {choices.map(({ sku, title, left }) => (
          <div key={sku} className={styles.choice}>
            <p>{title} <span className={styles.soft}>{left === 1 ? '1 item' : `up to ${left} items`}</span></p>
            <QuantityStepper
              label={`Quantity of ${title} to return`}
              value={draft.quantities[sku] ?? 0}
              min={0}
              max={left}
              onChange={(quantity) => setDraft((before) => ({ ...before, quantities: { ...before.quantities, [sku]: quantity } }))}
            />
          </div>
        ))}
        {errorOf('return-lines') && <p id="return-lines-error" className={styles.error}>{errorOf('return-lines')}</p>}
      </fieldset>
      <TextField
        id="return-reason"
        label="Reason for return"
        hint="For example: too small, not as described, damaged."
        required
        maxLength={200}
        value={draft.reason}
        error={errorOf('return-reason')}
        onChange={(event) => setDraft((before) => ({ ...before, reason: event.target.value }))}
      />
      <div className={styles.actions}>
        <Button type="submit" busy={request.isPending}>Request return</Button>
        <Button look="quiet" onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}
