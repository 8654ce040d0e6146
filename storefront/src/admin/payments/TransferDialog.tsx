import { useState } from 'react';
import { TextField, type FieldError } from '../../components/Field';
import { parseMajor, toInputText } from '../../money/money';
import { useFormats } from '../../messages/formats';
import { ORDER_PATHS } from '../api/orders';
import type { PaymentDetails, TransferReceived } from '../api/types';
import { useCommand } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { FieldRow } from '../components/Page';
import { useSubmit } from '../components/use-submit';

export function TransferDialog({ details: { payment }, onClose }: { details: PaymentDetails; onClose: () => void }) {
  const { currency } = payment.amount;
  const { money } = useFormats();
  const [amount, setAmount] = useState(toInputText(payment.amount.amount, currency));
  const [note, setNote] = useState('');
  const record = useCommand<TransferReceived, PaymentDetails>(`/api/v1/payments/${payment.id}/transfers`, [...ORDER_PATHS, '/api/v1/balances', '/api/v1/payouts']);
  const form = useSubmit(record, {
    fields: { '/amount': 'transfer-amount', '/amount/amount': 'transfer-amount', '/note': 'transfer-note' },
    done: `The transfer for order ${payment.order_number} is recorded.`,
    onDone: onClose,
  });
  const submit = () => {
    const minor = parseMajor(amount, currency);
    const errors: FieldError[] = [];
    if (!minor) errors.push({ field: 'transfer-amount', message: `Enter the amount in ${currency}.` });
    if (note.trim() === '') errors.push({ field: 'transfer-note', message: 'Enter a note.' });
    form.submit({ amount: { amount: minor ?? 0, currency }, note: note.trim() }, errors);
  };
  return (
    <ActionDialog open onClose={onClose} title={`Record a transfer for order ${payment.order_number}`} action="Record transfer" busy={form.busy} errors={form.errors} onSubmit={submit}>
      <p>Only record what is on your bank statement: the order is placed, and the items are shipped. Expected: {money(payment.amount)}.</p>
      <FieldRow>
        <TextField id="transfer-amount" label={`Amount in ${currency}`} required inputMode="decimal" autoComplete="off" value={amount} error={form.errorOf('transfer-amount')} onChange={(event) => setAmount(event.target.value)} />
        <TextField id="transfer-note" label="Note" required hint="Such as the date on the statement." maxLength={200} value={note} error={form.errorOf('transfer-note')} onChange={(event) => setNote(event.target.value)} />
      </FieldRow>
    </ActionDialog>
  );
}
