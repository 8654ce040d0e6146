import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { orderPath, postOrderCommand } from '../api/orders';
import type { CancellationRequest, ReturnRequest, WithdrawalRequest } from '../api/types';
import { beginAttempt, memoryStore, RETRY_POLICY, sendAttempt, type Attempt } from '../checkout/attempt';

interface Commands {
  cancel: CancellationRequest;
  returns: ReturnRequest;
  withdrawals: WithdrawalRequest;
}

/**
 * Sends a command about an order. Each submission has its own idempotency key; while its outcome is
 * unknown, the automatic retries and further clicks send the same bytes under that key.
 */
export function useOrderCommand<Target extends keyof Commands>(id: string, token: string | null, target: Target) {
  const client = useQueryClient();
  // A reload shows the order's current state, so the attempt need not outlive the page.
  const [store] = useState(memoryStore);
  const queryKey = [orderPath(id, token)];
  return useMutation({
    mutationFn: (body: Commands[Target]) =>
      sendAttempt(
        store,
        beginAttempt(store, target, body, () => crypto.randomUUID()),
        (attempt: Attempt<Commands[Target]>) => postOrderCommand(id, token, attempt),
        RETRY_POLICY,
      ),
    onSuccess: (order) => client.setQueryData(queryKey, order),
    onError: () => client.invalidateQueries({ queryKey }),
  });
}
