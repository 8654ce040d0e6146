import { useState } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { TextField } from '../../components/Field';
import { Callout } from '../../components/States';
import { ORDER_PATHS } from '../api/orders';
import type { AttentionResolution } from '../api/types';
import { useCommand } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';
import { paymentIssueText } from '../messages/en';
import styles from './Order.module.css';

/** Lists the order's problems that wait for a person: a failed step, a return or refund that did not work, a payment issue. */
export function Attention({ order }: { order: Order }) {
  const issues = (order.payment_issues ?? []).filter(({ resolved_at }) => !resolved_at);
  const returns = order.returns.filter(({ attention_reason }) => attention_reason);
  if (order.status !== 'attention' && !order.attention_reason && issues.length === 0 && returns.length === 0) return null;
  return (
    <Callout kind="danger">
      <div className={styles.attention}>
        <p><strong>This order needs attention.</strong> {order.attention_reason}</p>
        {(issues.length > 0 || returns.length > 0) && (
          <ul>
            {issues.map((issue) => <li key={issue.raised_at + issue.kind}>{paymentIssueText(issue.kind)}: {issue.reason}</li>)}
            {returns.map((one) => <li key={one.id}>Return {one.id}: {one.attention_reason}</li>)}
          </ul>
        )}
        <div className={styles.buttons}>
          <RetryButton order={order} />
          <ResolveButton order={order} />
        </div>
      </div>
    </Callout>
  );
}

function RetryButton({ order }: { order: Order }) {
  const retry = useCommand<Record<string, never>, Order>(`/api/v1/workflows/${order.id}/retry`, ORDER_PATHS);
  const form = useSubmit(retry, { done: 'Trying again.' });
  return (
    <>
      <Button look="secondary" size="small" busy={form.busy} onClick={() => form.submit({})}>Try again</Button>
      {form.errors.map(({ message }) => <p key={message} role="alert">{message}</p>)}
    </>
  );
}

function ResolveButton({ order }: { order: Order }) {
  const [open, setOpen] = useState(false);
  const [outcome, setOutcome] = useState<AttentionResolution['outcome']>('done');
  const [reason, setReason] = useState('');
  const resolve = useCommand<AttentionResolution, Order>(`/api/v1/workflows/${order.id}/resolve`, ORDER_PATHS);
  const form = useSubmit(resolve, { fields: { '/reason': 'resolve-reason' }, done: 'Resolved.', onDone: () => setOpen(false) });
  return (
    <>
      <Button look="secondary" size="small" onClick={() => setOpen(true)}>Resolve…</Button>
      <ActionDialog
        open={open}
        onClose={() => {
          setOpen(false);
          form.reset();
        }}
        title={`Resolve order ${order.number}`}
        action={outcome === 'done' ? 'Mark as done' : 'Cancel order'}
        keep="Back"
        danger={outcome === 'cancel'}
        busy={form.busy}
        errors={form.errors}
        onSubmit={() => form.submit({ outcome, reason: reason.trim() }, reason.trim() ? [] : [{ field: 'resolve-reason', message: 'Enter a reason.' }])}
      >
        <Choice value="done" outcome={outcome} onChange={setOutcome} label="It was done by hand">
          The order continues behind the step. A capture or refund is recorded as made outside the gateway: no money is moved.
        </Choice>
        <Choice value="cancel" outcome={outcome} onChange={setOutcome} label="Cancel the order">
          Nothing more is shipped, and any payment is voided or refunded.
        </Choice>
        <TextField id="resolve-reason" label="Reason" required hint="Only staff see it, in the order's history." maxLength={200} value={reason} error={form.errorOf('resolve-reason')} onChange={(event) => setReason(event.target.value)} />
      </ActionDialog>
    </>
  );
}

interface ChoiceProps {
  value: AttentionResolution['outcome'];
  outcome: AttentionResolution['outcome'];
  onChange: (outcome: AttentionResolution['outcome']) => void;
  label: string;
  children: string;
}

function Choice({ value, outcome, onChange, label, children }: ChoiceProps) {
  return (
    <CheckField type="radio" name="resolve-outcome" checked={outcome === value} onChange={() => onChange(value)}>
      <strong>{label}</strong><br />{children}
    </CheckField>
  );
}
