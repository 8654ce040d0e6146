import { useState } from 'react';
import { useAddToCart } from '../api/cart';
import type { OrderLine } from '../api/types';
import { Button } from '../components/Button';
import { useToasts } from '../components/Toasts';
import { usePurchaseMessages } from '../messages/messages';

/** Puts the items of an order into the cart again, as far as they are still sold. */
export function OrderAgain({ lines }: { lines: readonly OrderLine[] }) {
  const t = usePurchaseMessages();
  const [busy, setBusy] = useState(false);
  const add = useAddToCart();
  const { notify } = useToasts();
  const onClick = async () => {
    setBusy(true);
    let units = 0;
    let isComplete = true;
    for (const { sku, quantity } of lines) {
      try {
        await add.mutateAsync({ sku, quantity });
        units += quantity;
      } catch {
        // Sold out or no longer for sale: the other items are still wanted.
        isComplete = false;
      }
    }
    setBusy(false);
    const texts = [units > 0 ? t.orders.orderedAgain(t.common.items(units)) : '', isComplete ? '' : t.orders.orderedAgainPartly];
    notify({
      text: texts.filter(Boolean).join(' '),
      ...(isComplete ? {} : { kind: 'problem' as const }),
      ...(units > 0 ? { link: { to: '/cart', text: t.product.viewCart } } : {}),
    });
  };
  return <Button look="secondary" wide busy={busy} onClick={() => void onClick()}>{t.orders.orderAgain}</Button>;
}
