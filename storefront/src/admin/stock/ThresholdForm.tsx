import { useState, type FormEvent } from 'react';
import { Button } from '../../components/Button';
import { ErrorSummary, TextField } from '../../components/Field';
import type { StockLevel } from '../api/types';
import { useChange } from '../api/use-command';
import { parseCount } from '../components/numbers';
import { Card, pageStyles } from '../components/Page';
import { useSubmit } from '../components/use-submit';

export function ThresholdForm({ level }: { level: StockLevel }) {
  const [text, setText] = useState(typeof level.low_at === 'number' ? String(level.low_at) : '');
  const save = useChange<{ low_at: number | null }, StockLevel>(
    (body) => ({ method: 'put', path: `/api/v1/stock/${encodeURIComponent(level.sku)}/threshold`, body }),
    ['/api/v1/stock'],
  );
  const form = useSubmit(save, { fields: { '/low_at': 'threshold' }, done: 'Saved.' });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const units = text.trim() === '' ? null : parseCount(text);
    form.submit({ low_at: units }, text.trim() && units === null ? [{ field: 'threshold', message: 'Enter a whole number.' }] : []);
  };
  return (
    <Card title="Low stock alert">
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={form.errors} />
        <TextField id="threshold" label="Alert at" optional inputMode="numeric" autoComplete="off" hint={`Leave it empty for the shop's default.${typeof level.threshold === 'number' ? ` In force now: ${level.threshold}.` : ''}`} value={text} error={form.errorOf('threshold')} onChange={(event) => setText(event.target.value)} />
        <div><Button type="submit" look="secondary" busy={form.busy}>Save</Button></div>
      </form>
    </Card>
  );
}
