import { lazy, Suspense, useRef, useState } from 'react';
import type { Order, OrderReturn } from '../api/types';
import { Button, TextButton } from '../components/Button';
import { Loading } from '../components/States';
import { useToasts } from '../components/Toasts';
import { Amount } from '../money/Price';
import { usePurchaseMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { contentsOf, refundedAmount } from './returns';
import styles from './Returns.module.css';

const ReturnForm = lazy(async () => ({ default: (await import('./ReturnForm')).ReturnForm }));

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
      <h2 id="returns-title" ref={heading} tabIndex={-1}>{order.returns.some((one) => one.is_withdrawal) ? t.withdrawal.returns : t.orders.returns}</h2>
      {order.returns.length > 0 && (
        <ul className={styles.list}>
          {order.returns.map((one) => <Return key={one.id} one={one} order={order} />)}
        </ul>
      )}
      {order.can_return && !asking && (
        <>
          {order.returns.length === 0 && !order.withdrawal && <p className={styles.soft}>{t.orders.returnOffer}</p>}
          {/* With a right of withdrawal, a return is the second choice: it needs a reason, and may be declined. */}
          <p>
            {order.withdrawal
              ? <TextButton onClick={() => setAsking(true)}>{t.orders.returnItems}</TextButton>
              : <Button look="secondary" onClick={() => setAsking(true)}>{t.orders.returnItems}</Button>}
          </p>
        </>
      )}
      {order.can_return && asking && (
        <Suspense fallback={<Loading label={t.common.loading} />}>
          <ReturnForm
            order={order}
            token={token}
            onDone={() => {
              announce(t.orders.returnRequested);
              close();
            }}
            onCancel={close}
          />
        </Suspense>
      )}
    </section>
  );
}

function Return({ one, order }: { one: OrderReturn; order: Order }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const isWithdrawal = one.is_withdrawal === true;
  const words = (isWithdrawal ? t.withdrawal.statuses : t.orders.returnStatuses)[one.status];
  const requestedAt = formats.moment(one.requested_at);
  const refunded = refundedAmount(one);
  const isDecided = one.status !== 'requested' && one.status !== 'rejected';
  const acceptedLess = isDecided && JSON.stringify(one.accepted) !== JSON.stringify(one.lines);
  return (
    <li className={styles.one}>
      <p className={styles.head}>
        <strong>{isWithdrawal ? t.withdrawal.number(one.id) : t.orders.returnNumber(one.id)}</strong> <span className={styles.status} data-status={one.status}>{words.title}</span>
      </p>
      <ul className={styles.contents}>
        {contentsOf(one.lines, order).map((text) => <li key={text}>{text}</li>)}
      </ul>
      {acceptedLess && <p>{one.accepted.length > 0 ? t.orders.accepted(contentsOf(one.accepted, order).join(', ')) : t.orders.acceptedNone}</p>}
      <p>{words.text} {one.rejection}</p>
      {one.status === 'received' && one.refund.amount > 0 && <p>{t.orders.refund(<Amount value={one.refund} />)}</p>}
      {refunded && <p className={styles.back}>{t.orders.refunded(<Amount value={refunded} />)}</p>}
      <p className={styles.soft}>{isWithdrawal ? t.withdrawal.declaredAt(requestedAt) : t.orders.requestedAt(requestedAt, one.reason)}</p>
    </li>
  );
}
