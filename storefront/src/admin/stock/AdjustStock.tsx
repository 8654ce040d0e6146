import { useState, type FormEvent } from 'react';
import { Button } from '../../components/Button';
import { ErrorSummary, SelectField, TextField, type FieldError } from '../../components/Field';
import { isProblem } from '../../api/problem';
import type { AdjustmentKind, StockAdjustment, StockRecord } from '../api/types';
import { useCommand } from '../api/use-command';
import { CheckField } from '../components/CheckField';
import { counted } from '../components/formats';
import { Card, FieldRow, pageStyles } from '../components/Page';
import { useSubmit } from '../components/use-submit';
import { ADJUSTMENT_KIND } from '../messages/en';
import { adjustmentRequest, changeOf, USUAL_KIND, type AdjustmentForm, type AdjustmentMode } from './adjustment';

const EMPTY: AdjustmentForm = { mode: 'add', amount: '', kind: USUAL_KIND.add, note: '', force: false };

const MODES: Readonly<Record<AdjustmentMode, string>> = { add: 'Add units', remove: 'Remove units', count: 'Correct to a count' };

export function AdjustStock({ level }: { level: StockRecord }) {
  const [input, setInput] = useState(EMPTY);
  const adjust = useCommand<StockAdjustment, StockRecord>(`/api/v1/stock/${encodeURIComponent(level.sku)}/adjustments`, ['/api/v1/stock', '/api/v1/products']);
  const form = useSubmit(adjust, {
    fields: { '/change': 'adjust-amount', '/note': 'adjust-note', '/kind': 'adjust-kind' },
    done: ({ on_hand }) => `${counted(on_hand, 'unit')} of ${level.sku} on hand now.`,
    onDone: () => setInput(EMPTY),
  });
  const change = changeOf(input, level.on_hand);
  const refused = isProblem(adjust.error, 'conflict');

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const errors: FieldError[] = [];
    if (change === null) errors.push({ field: 'adjust-amount', message: 'Enter a number of units that changes the stock.' });
    if (input.note.trim() === '') errors.push({ field: 'adjust-note', message: 'Enter a note.' });
    form.submit(adjustmentRequest(input, change ?? 0), errors);
  };

  return (
    <Card title="Adjust">
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={form.errors} />
        <FieldRow>
          <SelectField
            id="adjust-mode"
            label="What to do"
            value={input.mode}
            onChange={(event) => {
              const mode = event.target.value as AdjustmentMode;
              setInput({ ...input, mode, kind: USUAL_KIND[mode] });
            }}
          >
            {(Object.keys(MODES) as AdjustmentMode[]).map((mode) => <option key={mode} value={mode}>{MODES[mode]}</option>)}
          </SelectField>
          <TextField id="adjust-amount" label="Units" inputMode="numeric" autoComplete="off" required value={input.amount} error={form.errorOf('adjust-amount')} hint={change === null ? `${level.on_hand} on hand now` : `${level.on_hand} on hand now, ${level.on_hand + change} afterwards`} onChange={(event) => setInput({ ...input, amount: event.target.value })} />
          <SelectField id="adjust-kind" label="Reason" value={input.kind} error={form.errorOf('adjust-kind')} onChange={(event) => setInput({ ...input, kind: event.target.value as AdjustmentKind })}>
            {(Object.keys(ADJUSTMENT_KIND) as AdjustmentKind[]).map((kind) => <option key={kind} value={kind}>{ADJUSTMENT_KIND[kind]}</option>)}
          </SelectField>
        </FieldRow>
        <TextField id="adjust-note" label="Note" required hint="For the stock history." maxLength={200} value={input.note} error={form.errorOf('adjust-note')} onChange={(event) => setInput({ ...input, note: event.target.value })} />
        {(refused || input.force) && (
          <CheckField checked={input.force} onChange={(event) => setInput({ ...input, force: event.target.checked })}>
            Remove the units even though orders have reserved them. Those orders will then need attention.
          </CheckField>
        )}
        <div><Button type="submit" busy={form.busy}>Adjust stock</Button></div>
      </form>
    </Card>
  );
}
