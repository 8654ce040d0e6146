import { useRef, useState } from 'react';
import type { Order, OrderReturn } from '../api/types';
import { Button } from '../components/Button';
import { formatMoment } from '../components/dates';
import { useNotices } from '../components/Notices';
import { Amount } from '../money/Price';
import { ReturnForm } from './ReturnForm';
import { contentsOf, givenBack, RETURN_WORDS } from './returns';
import styles from './Returns.module.css';

/** What the customer returns, and the way to return more. */
export function Returns({ order, token }: { order: Order; token: string | null }) {
  const [asking, setAsking] = useState(false);
  const { announce } = useNotices();
  const heading = useRef<HTMLHeadingElement>(null);
  if (order.returns.length === 0 && !order.can_return) return null;

  const close = () => {
    setAsking(false);
    // The form goes away, and the focus must not go with it.
    heading.current?.focus();
  };
  return (
    <section aria-labelledby="returns-title" className={styles.returns}>
      <h2 id="returns-title" ref={heading} tabIndex={-1}>Returns</h2>
      {order.returns.length > 0 && (
        <ul className={styles.list}>
          {order.returns.map((one) => <Return key={one.id} one={one} order={order} />)}
        </ul>
      )}
      {order.can_return && !asking && (
        <>
          {order.returns.length === 0 && <p className={styles.soft}>Something is not right? Send it back, and you get your money back.</p>}
          <p><Button look="secondary" onClick={() => setAsking(true)}>Return something</Button></p>
        </>
      )}
      {order.can_return && asking && (
        <ReturnForm
          order={order}
          token={token}
          onDone={() => {
            announce('We have noted your return');
            close();
          }}
          onLeave={close}
        />
      )}
    </section>
  );
}

function Return({ one, order }: { one: OrderReturn; order: Order }) {
  const words = RETURN_WORDS[one.status];
  const back = givenBack(one);
  const isDecided = one.status !== 'requested' && one.status !== 'rejected';
  const takenLess = isDecided && JSON.stringify(one.accepted) !== JSON.stringify(one.lines);
  return (
    <li className={styles.one}>
      <p className={styles.head}>
        <strong>Return {one.id}</strong> <span className={styles.status} data-status={one.status}>{words.title}</span>
      </p>
      <ul className={styles.contents}>
        {contentsOf(one.lines, order).map((text) => <li key={text}>{text}</li>)}
      </ul>
      {takenLess && <p>We take back: {contentsOf(one.accepted, order).join(', ') || 'nothing'}</p>}
      <p>{words.text} {one.rejection}</p>
      {one.status === 'received' && one.refund.amount > 0 && <p>To be given back: <Amount value={one.refund} /></p>}
      {back && <p className={styles.back}>Given back: <Amount value={back} /></p>}
      <p className={styles.soft}>Asked for {formatMoment(one.requested_at)}: {one.reason}</p>
    </li>
  );
}
