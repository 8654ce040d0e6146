import { useState } from 'react';
import { useShop } from '../../api/catalogue';
import { SelectField, TextField, type FieldError } from '../../components/Field';
import { parseMajor } from '../../money/money';
import type { PayoutReceived } from '../api/types';
import { useChange } from '../api/use-command';
import { ActionDialog } from '../components/Dialog';
import { FieldRow } from '../components/Page';
import { useSubmit } from '../components/use-submit';

/** A payout is recorded once per gateway and reference, so that a repeated request is harmless. */
export function RecordPayout({ gateways, onClose }: { gateways: string[]; onClose: () => void }) {
  const { data: shop } = useShop();
  const currency = shop?.currency ?? '';
  const [input, setInput] = useState({ gateway: gateways[0] ?? '', amount: '', reference: '' });
  const record = useChange<PayoutReceived>((body) => ({ method: 'post', path: '/api/v1/payouts', body }), ['/api/v1/payouts', '/api/v1/balances']);
  const form = useSubmit(record, {
    fields: { '/gateway': 'payout-gateway', '/amount': 'payout-amount', '/amount/amount': 'payout-amount', '/reference': 'payout-reference' },
    done: 'The payout is recorded.',
    onDone: onClose,
  });
  const submit = () => {
    const negative = input.amount.trim().startsWith('-');
    const minor = parseMajor(input.amount.trim().replace(/^-/, ''), currency);
    const errors: FieldError[] = [];
    if (!input.gateway) errors.push({ field: 'payout-gateway', message: 'Choose the gateway.' });
    if (!minor) errors.push({ field: 'payout-amount', message: `Enter the amount in ${currency}.` });
    if (input.reference.trim() === '') errors.push({ field: 'payout-reference', message: 'Enter the reference.' });
    form.submit({ gateway: input.gateway, amount: { amount: negative ? -(minor ?? 0) : (minor ?? 0), currency }, reference: input.reference.trim() }, errors);
  };
  return (
    <ActionDialog open onClose={onClose} title="Record a payout" action="Record payout" busy={form.busy} errors={form.errors} onSubmit={submit}>
      <p>What a gateway has paid into your bank account. To correct a mistake, record a negative amount with a new reference.</p>
      <SelectField id="payout-gateway" label="Gateway" value={input.gateway} error={form.errorOf('payout-gateway')} onChange={(event) => setInput({ ...input, gateway: event.target.value })}>
        {gateways.length === 0 && <option value="">No gateway has taken money yet</option>}
        {gateways.map((gateway) => <option key={gateway} value={gateway}>{gateway}</option>)}
      </SelectField>
      <FieldRow>
        <TextField id="payout-amount" label={`Amount in ${currency}`} required inputMode="decimal" autoComplete="off" value={input.amount} error={form.errorOf('payout-amount')} onChange={(event) => setInput({ ...input, amount: event.target.value })} />
        <TextField id="payout-reference" label="Reference" required maxLength={100} autoComplete="off" hint="The gateway's number of the payout." value={input.reference} error={form.errorOf('payout-reference')} onChange={(event) => setInput({ ...input, reference: event.target.value })} />
      </FieldRow>
    </ActionDialog>
  );
}
