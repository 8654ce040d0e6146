import { useRef, useState } from 'react';
import type { Order, OrderReturn } from '../api/types';
import { Button } from '../components/Button';
import { useToasts } from '../components/Toasts';
import { Amount } from '../money/Price';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { ReturnForm } from './ReturnForm';
import { contentsOf, refundedAmount } from './returns';
import styles from './Returns.module.css';

/** The returns of an order, and the form for another one. */
export function Returns({ order, token }: { order: Order; token: string | null }) {
  const t = usePurchaseMessages();
  const [asking, setAsking] = useState(false);
  const { announce } = useToasts();
  const heading = useRef<HTMLHeadingElement>(null);
  if (order.returns.length === 0 && !order.can_return) return null;

  const close = () => {
    setAsking(false);
    // The form that had the focus is gone: without this the focus would return to the top of the page.
    heading.current?.focus();
  };
  return (
    <section aria-labelledby="returns-title" className={styles.returns}>
      <h2 id="returns-title" ref={heading} tabIndex={-1}>{t.orders.returns}</h2>
      {order.returns.length > 0 && (
        <ul className={styles.list}>
          {order.returns.map((one) => <Return key={one.id} one={one} order={order} />)}
        </ul>
      )}
      {order.can_return && !asking && (
        <>
          {order.returns.length === 0 && <p className={styles.soft}>{t.orders.returnOffer}</p>}
          <p><Button look="secondary" onClick={() => setAsking(true)}>{t.orders.returnItems}</Button></p>
        </>
      )}
      {order.can_return && asking && (
        <ReturnForm
          order={order}
          token={token}
          onDone={() => {
            announce(t.orders.returnRequested);
            close();
          }}
          onCancel={close}
        />
      )}
    </section>
  );
}

function Return({ one, order }: { one: OrderReturn; order: Order }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const words = t.orders.returnStatuses[one.status];
  const refunded = refundedAmount(one);
  const isDecided = one.status !== 'requested' && one.status !== 'rejected';
  const acceptedLess = isDecided && JSON.stringify(one.accepted) !== JSON.stringify(one.lines);
  return (
    <li className={styles.one}>
      <p className={styles.head}>
        <strong>{t.orders.returnNumber(one.id)}</strong> <span className={styles.status} data-status={one.status}>{words.title}</span>
      </p>
      <ul className={styles.contents}>
        {contentsOf(one.lines, order).map((text) => <li key={text}>{text}</li>)}
      </ul>
      {acceptedLess && <p>{one.accepted.length > 0 ? t.orders.accepted(contentsOf(one.accepted, order).join(', ')) : t.orders.acceptedNone}</p>}
      <p>{words.text} {one.rejection}</p>
      {one.status === 'received' && one.refund.amount > 0 && <p>{t.orders.refund(<Amount value={one.refund} />)}</p>}
      {refunded && <p className={styles.back}>{t.orders.refunded(<Amount value={refunded} />)}</p>}
      <p className={styles.soft}>{t.orders.requestedAt(formats.moment(one.requested_at), one.reason)}</p>
    </li>
  );
}
