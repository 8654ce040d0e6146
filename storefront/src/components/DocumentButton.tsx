import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../api/client';
import { messageOf } from '../api/problem';
import { useMessages } from '../messages/messages';
import { Button } from './Button';
import { saveFile } from './save-file';
import { useToasts } from './Toasts';

/** Downloads a document. A link would show the server's error as text once the session of an open page has expired. */
export function DocumentButton({ path, children }: { path: string; children: ReactNode }) {
  const t = useMessages();
  const { notify } = useToasts();
  const download = useMutation({
    mutationFn: () => api.file(path),
    onSuccess: saveFile,
    onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
  });
  return (
    <Button look="quiet" size="small" busy={download.isPending} onClick={() => download.mutate()}>
      {children}
    </Button>
  );
}
