import type { UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { TextField } from '../../components/Field';
import { ActionDialog } from '../components/Dialog';
import { useSubmit } from '../components/use-submit';

interface DiscardDialogProps {
  title: string;
  text: string;
  discard: UseMutationResult<void, Error, { reason: string }>;
  onClose: () => void;
}

export function DiscardDialog({ title, text, discard, onClose }: DiscardDialogProps) {
  const [reason, setReason] = useState('');
  const form = useSubmit(discard, { fields: { '/reason': 'discard-reason' }, done: 'Discarded.', onDone: onClose });
  return (
    <ActionDialog open onClose={onClose} title={title} action="Discard" danger busy={form.busy} errors={form.errors} onSubmit={() => form.submit({ reason: reason.trim() }, reason.trim() ? [] : [{ field: 'discard-reason', message: 'Enter a reason.' }])}>
      <p>{text}</p>
      <TextField id="discard-reason" label="Reason" required hint="It is kept in the log." maxLength={200} value={reason} error={form.errorOf('discard-reason')} onChange={(event) => setReason(event.target.value)} />
    </ActionDialog>
  );
}
