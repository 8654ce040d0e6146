import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { postCancelPayment } from '../api/payment';
import type { Payment } from '../api/types';
import { RETRY_POLICY, sendUntilKnown } from './attempt';

/** Cancels the customer's pending payment step. The response may show that it was paid meanwhile. */
export function cancelPayment(paymentId: string): Promise<Payment> {
  return sendUntilKnown(() => postCancelPayment(paymentId), RETRY_POLICY);
}

/** Cancels the pending step and updates the query that the page shows the payment from. */
export function useCancelPayment(paymentId: string, queryKey: QueryKey): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    const payment = await cancelPayment(paymentId);
    // A poll that is still in flight would overwrite this with an older state.
    await client.cancelQueries({ queryKey });
    client.setQueryData(queryKey, payment);
  };
}
