import { useEffect, useRef, useState, type FormEvent } from 'react';
import type { Order } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { QuantityStepper } from '../components/QuantityStepper';
import { usePurchaseMessages } from '../messages/messages';
import styles from './ItemsForm.module.css';
import { checkReturn, returnables, returnRequest, type ReturnDraft } from './returns';
import { useOrderCommand } from './use-order-command';

interface ReturnFormProps {
  order: Order;
  token: string | null;
  onDone: () => void;
  onCancel: () => void;
}

const FIELDS = { '/lines': 'return-lines', '/reason': 'return-reason' };

export function ReturnForm({ order, token, onDone, onCancel }: ReturnFormProps) {
  const t = usePurchaseMessages();
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
    const found = checkReturn(draft, t);
    setErrors(found);
    if (found.length > 0) return;
    request.mutate(returnRequest(draft, choices), { onSuccess: onDone, onError: (error) => setErrors(errorsOf(error, FIELDS, t)) });
  };

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-labelledby="return-heading">
      <h3 id="return-heading" ref={heading} tabIndex={-1}>{t.orders.returnItems}</h3>
      <ErrorSummary errors={errors} />
      <fieldset id="return-lines" tabIndex={-1} className={styles.choices} aria-describedby={errorOf('return-lines') ? 'return-lines-error' : undefined}>
        <legend>{t.orders.itemsToReturn}</legend>
        {choices.map(({ sku, title, left }) => (
          <div key={sku} className={styles.choice}>
            <p>{title} <span className={styles.soft}>{t.orders.upTo(left)}</span></p>
            <QuantityStepper
              label={t.orders.quantityToReturn(title)}
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
        label={t.orders.returnReason}
        hint={t.orders.returnReasonHint}
        required
        maxLength={200}
        value={draft.reason}
        error={errorOf('return-reason')}
        onChange={(event) => setDraft((before) => ({ ...before, reason: event.target.value }))}
      />
      <div className={styles.actions}>
        <Button type="submit" busy={request.isPending}>{t.orders.requestReturn}</Button>
        <Button look="quiet" onClick={onCancel}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
