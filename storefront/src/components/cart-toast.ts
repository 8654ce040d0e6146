import { useMemo } from 'react';
import { messageOf } from '../api/problem';
import { useMessages } from '../messages/messages';
import { useToasts } from './Toasts';

/** The messages after adding to the cart, shared by all buttons that do so. */
export function useCartToast() {
  const t = useMessages();
  const { notify } = useToasts();
  return useMemo(
    () => ({
      added: (title: string) => notify({ text: t.product.added(title), link: { to: '/cart', text: t.product.viewCart } }),
      failed: (error: unknown) => notify({ kind: 'problem', text: messageOf(error, t) }),
    }),
    [notify, t],
  );
}
