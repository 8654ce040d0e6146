import { useState, type FormEvent } from 'react';
import { useOrderLink } from '../api/orders';
import { Button } from '../components/Button';
import { ErrorSummary, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { Callout } from '../components/States';
import { usePurchaseMessages } from '../messages/messages';
import styles from './FindOrder.module.css';

const FIELDS = { '/number': 'find-number', '/email': 'find-email' };

/** Sends the link of an order again, to whoever no longer has the email with it. */
export function FindOrder() {
  const t = usePurchaseMessages();
  const [number, setNumber] = useState('');
  const [email, setEmail] = useState('');
  const [errors, setErrors] = useState<FieldError[]>([]);
  const link = useOrderLink();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (number.trim() === '') found.push({ field: 'find-number', message: t.findOrder.noNumber });
    if (email.trim() === '') found.push({ field: 'find-email', message: t.account.noEmail });
    setErrors(found);
    if (found.length > 0 || link.isPending) return;
    link.mutate({ number: number.trim(), email: email.trim() }, { onError: (error) => setErrors(errorsOf(error, FIELDS, t)) });
  };

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <p>{t.findOrder.text}</p>
      <ErrorSummary errors={errors} />
      <TextField id="find-number" label={t.withdrawal.orderNumber} autoComplete="off" required maxLength={40} value={number} error={errorOf('find-number')} onChange={(event) => setNumber(event.target.value)} />
      <TextField id="find-email" label={t.common.email} type="email" inputMode="email" autoComplete="email" required maxLength={254} value={email} error={errorOf('find-email')} onChange={(event) => setEmail(event.target.value)} />
      <Button type="submit" look="secondary" wide busy={link.isPending}>{t.findOrder.send}</Button>
      {/* Always there, since a live region announces changes only. */}
      <div role="status">{link.isSuccess && <Callout>{t.findOrder.sent}</Callout>}</div>
    </form>
  );
}
