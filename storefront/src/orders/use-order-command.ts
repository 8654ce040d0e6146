import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { orderPath, postOrderCommand } from '../api/orders';
import type { Cancellation, ReturnRequest } from '../api/types';
import { beginAttempt, memoryStore, PATIENT, sendAttempt, type Attempt } from '../checkout/attempt';

interface Commands {
  cancel: Cancellation;
  returns: ReturnRequest;
}

/**
 * Something that is asked of an order. Each press has a key of its own; while its outcome is
 * unknown the same bytes go out again under it, by themselves and when the button is pressed again.
 */
export function useOrderCommand<Target extends keyof Commands>(id: string, token: string | null, target: Target) {
  const client = useQueryClient();
  // A reload shows the order as it is, so that nothing needs to outlive the page.
  const [store] = useState(memoryStore);
  const queryKey = [orderPath(id, token)];
  return useMutation({
    mutationFn: (body: Commands[Target]) =>
      sendAttempt(
        store,
        beginAttempt(store, target, body, () => crypto.randomUUID()),
        (attempt: Attempt<Commands[Target]>) => postOrderCommand(id, token, attempt),
        PATIENT,
      ),
    onSuccess: (order) => client.setQueryData(queryKey, order),
    onError: () => client.invalidateQueries({ queryKey }),
  });
}
