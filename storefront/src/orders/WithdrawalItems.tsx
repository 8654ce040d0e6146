import { useState, type FormEvent } from 'react';
import type { Order } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, type FieldError } from '../components/Field';
import { QuantityStepper } from '../components/QuantityStepper';
import { useFormats } from '../messages/formats';
import { usePurchaseMessages } from '../messages/messages';
import form from './ItemsForm.module.css';
import type { Returnable } from './returns';
import { declaredLines, excludedLines, isWholeOrder, type WithdrawalDraft } from './withdrawal';
import { WithdrawalException, WithdrawalExceptions } from './WithdrawalExceptions';
import { WithdrawalFacts } from './WithdrawalFacts';
import styles from './WithdrawalForm.module.css';

interface WithdrawalItemsProps {
  order: Order;
  draft: WithdrawalDraft;
  choices: readonly Returnable[];
  onChange: (draft: WithdrawalDraft) => void;
  onDone: () => void;
  onCancel: () => void;
}

/** The first step: who withdraws from what. */
export function WithdrawalItems({ order, draft, choices, onChange, onDone, onCancel }: WithdrawalItemsProps) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const [errors, setErrors] = useState<FieldError[]>([]);
  const { isPart, quantities } = draft;
  const until = order.withdrawal?.until;
  const excluded = excludedLines(order.lines);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (declaredLines(draft, choices).length > 0) onDone();
    else setErrors([{ field: 'withdrawal-items', message: t.withdrawal.noItems }]);
  };

  return (
    <form className={styles.step} onSubmit={onSubmit} noValidate>
      <ErrorSummary errors={errors} />
      {until && <p className={form.soft}>{t.withdrawal.until(formats.moment(until))}</p>}
      <WithdrawalFacts order={order} />
      <fieldset id="withdrawal-items" tabIndex={-1} className={form.choices}>
        <legend>{t.withdrawal.scope}</legend>
        <label className={styles.radio}>
          <input type="radio" name="withdrawal-scope" checked={!isPart} onChange={() => onChange({ ...draft, isPart: false })} />
          {isWholeOrder(choices, order.lines) ? t.withdrawal.whole : t.withdrawal.rest}
        </label>
        <label className={styles.radio}>
          <input type="radio" name="withdrawal-scope" checked={isPart} onChange={() => onChange({ ...draft, isPart: true })} />
          {t.withdrawal.some}
        </label>
        {choices.map(({ sku, title, left }) => (
          <div key={sku} className={form.choice}>
            <p>
              {isPart ? title : `${left} × ${title}`} {isPart && <span className={form.soft}>{t.orders.upTo(left)}</span>}{' '}
              <WithdrawalException line={order.lines.find((line) => line.sku === sku)} />
            </p>
            {isPart && (
              <QuantityStepper
                label={t.withdrawal.quantityOf(title)}
                value={quantities[sku] ?? 0}
                min={0}
                max={left}
                onChange={(quantity) => onChange({ ...draft, quantities: { ...quantities, [sku]: quantity } })}
              />
            )}
          </div>
        ))}
      </fieldset>
      {excluded.length > 0 && (
        <section aria-labelledby="withdrawal-excluded" className={form.choices}>
          <h4 id="withdrawal-excluded" className={styles.excluded}>{t.withdrawal.excluded}</h4>
          <WithdrawalExceptions lines={excluded} />
        </section>
      )}
      <div className={form.actions}>
        <Button type="submit">{t.withdrawal.next}</Button>
        <Button look="quiet" onClick={onCancel}>{t.common.cancel}</Button>
      </div>
    </form>
  );
}
