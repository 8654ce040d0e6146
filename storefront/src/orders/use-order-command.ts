import { useMutation, useQueryClient } from '@tanstack/react-query';
import { orderPath, postOrderCommand } from '../api/orders';
import type { CancellationRequest, Order, ReturnRequest, WithdrawalRequest } from '../api/types';
import { useSendCommand } from '../checkout/use-send-command';

interface Commands {
  cancel: CancellationRequest;
  returns: ReturnRequest;
  withdrawals: WithdrawalRequest;
}

/** Sends a command about an order. After an earlier one that took effect after all, the order shows what that one did. */
export function useOrderCommand<Target extends keyof Commands>(id: string, token: string | null, target: Target) {
  const client = useQueryClient();
  const send = useSendCommand<Commands[Target], Order>((attempt) => postOrderCommand(id, token, attempt));
  const queryKey = [orderPath(id, token)];
  return useMutation({
    mutationFn: async (body: Commands[Target]) => (await send(target, body)).result,
    onSuccess: (order) => client.setQueryData(queryKey, order),
    onError: () => client.invalidateQueries({ queryKey }),
  });
}
