import { useMemo } from 'react';
import { messageOf } from '../api/problem';
import { useToasts } from './Toasts';

/** The messages after adding to the cart, shared by all buttons that do so. */
export function useCartToast() {
  const { notify } = useToasts();
  return useMemo(
    () => ({
      added: (title: string) => notify({ text: `${title} was added to your cart.`, link: { to: '/cart', text: 'View cart' } }),
      failed: (error: unknown) => notify({ kind: 'problem', text: messageOf(error) }),
    }),
    [notify],
  );
}
