import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { postGiveUp } from '../api/payment';
import type { Payment } from '../api/types';
import { PATIENT, sendUntilKnown } from './attempt';

/** Gives up what the customer was to do. The answer may tell that it was paid all the same. */
export function giveUp(paymentId: string): Promise<Payment> {
  return sendUntilKnown(() => postGiveUp(paymentId), PATIENT);
}

/** The same for a page that shows the payment from a query: it shows how the payment stands then. */
export function useGiveUp(paymentId: string, queryKey: QueryKey): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    const payment = await giveUp(paymentId);
    // An answer that is still on its way is older.
    await client.cancelQueries({ queryKey });
    client.setQueryData(queryKey, payment);
  };
}
