import { useState, type FormEvent } from 'react';
import type { Order } from '../../api/types';
import { Button } from '../../components/Button';
import { TextArea } from '../../components/Field';
import { ORDER_PATHS } from '../api/orders';
import type { NoteRequest } from '../api/types';
import { useCommand } from '../api/use-command';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { singleKey } from '../shell/shortcuts';
import styles from './Order.module.css';

/** Adds a note to the order's history. The key `n` leads to it from anywhere in the page. */
export function NoteForm({ order }: { order: Order }) {
  const can = useCan();
  const [text, setText] = useState('');
  const add = useCommand<NoteRequest, Order>(`/api/v1/orders/${order.id}/notes`, ORDER_PATHS);
  const form = useSubmit(add, {
    fields: { '/text': 'note-text' },
    done: 'The note is added.',
    // What was typed while the note was sent stays.
    onDone: () => setText((now) => (now === text ? '' : now)),
  });
  if (!can('orders:write')) return null;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (form.busy) return;
    form.submit({ text: text.trim() }, text.trim() ? [] : [{ field: 'note-text', message: 'Enter the note.' }]);
  };
  // An error about the order as a whole, such as too many notes, has no field of its own.
  const error = form.errors[0]?.message;
  return (
    <>
      <UnsavedGuard dirty={text.trim() !== ''} />
      <form className={styles.noteForm} onSubmit={onSubmit} noValidate>
        <TextArea id="note-text" data-shortcut="note" aria-keyshortcuts={singleKey('n')} label="Add a note" hint="Only staff see it." rows={3} maxLength={2000} value={text} error={error} onChange={(event) => setText(event.target.value)} />
        {error && <p className="visually-hidden" role="alert">{error}</p>}
        <Button type="submit" look="secondary" size="small" busy={form.busy}>Add note</Button>
      </form>
    </>
  );
}
