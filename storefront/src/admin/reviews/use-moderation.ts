import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { problemText } from '../messages/problems';
import { useToasts } from '../../components/Toasts';
import { counted } from '../components/formats';
import { refreshPaths } from '../api/query-client';
import type { ReviewForModeration, ReviewState } from '../api/types';

const DONE: Readonly<Record<ReviewState, string>> = { published: 'Published', rejected: 'Rejected', pending: 'Held back' };

/** Moves reviews into a state, one after another. */
export function useModeration(onDone: () => void) {
  const client = useQueryClient();
  const { notify } = useToasts();
  const [busy, setBusy] = useState(false);
  const moderate = async (reviews: readonly ReviewForModeration[], state: ReviewState) => {
    setBusy(true);
    let done = 0;
    try {
      for (const { id } of reviews) {
        await api.put(`/api/v1/reviews/${id}/state`, { state }, { as: 'account' });
        done += 1;
      }
      notify({ text: `${DONE[state]} ${counted(done, 'review')}.` });
      // The buttons of the row are gone, and the focus with them.
      document.getElementById('main')?.focus({ preventScroll: true });
      onDone();
    } catch (error) {
      notify({ kind: 'problem', text: `${DONE[state]} ${done} of ${counted(reviews.length, 'review')}. ${problemText(error)}` });
    } finally {
      setBusy(false);
      void refreshPaths(client, '/api/v1/reviews', '/api/v1/ratings');
    }
  };
  return { moderate, busy };
}
