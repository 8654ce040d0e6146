import { useMemo } from 'react';
import { messageOf } from '../api/problem';
import { useNotices } from './Notices';

/** What is said after something went into the cart, the same words wherever the button was. */
export function useCartNotice() {
  const { notify } = useNotices();
  return useMemo(
    () => ({
      added: (title: string) => notify({ text: `${title} is in your cart.`, link: { to: '/cart', text: 'View cart' } }),
      failed: (error: unknown) => notify({ kind: 'problem', text: messageOf(error) }),
    }),
    [notify],
  );
}
