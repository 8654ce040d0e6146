import type { Payment } from '../../api/types';

export function awaitsTransfer({ status, action }: Pick<Payment, 'status' | 'action'>): boolean {
  return status === 'action_required' && action?.type === 'transfer';
}
