import { lazy, Suspense, useRef, useState } from 'react';
import type { Order } from '../api/types';
import { Button } from '../components/Button';
import { Callout, Loading } from '../components/States';
import { useFormats } from '../messages/formats';
import { usePurchaseMessages } from '../messages/messages';
import { isExcluded } from './withdrawal';
import styles from './Withdrawal.module.css';
import { WithdrawalExceptions } from './WithdrawalExceptions';
import { WithdrawalPageLink } from './WithdrawalPageLink';

const WithdrawalForm = lazy(async () => ({ default: (await import('./WithdrawalForm')).WithdrawalForm }));

/** The function to withdraw from the contract, which consumers in the EU must find here as long as they have the right. */
export function Withdrawal({ order, token }: { order: Order; token: string | null }) {
  const t = usePurchaseMessages();
  const formats = useFormats();
  const [isAsking, setAsking] = useState(false);
  const [isDone, setDone] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  // The form stays when the right has ended meanwhile, to say so.
  if (!order.withdrawal && !isAsking && !isDone) return isExcluded(order) ? <NoRight order={order} /> : null;

  const close = () => {
    setAsking(false);
    // The form that had the focus is gone: without this the focus would return to the top of the page.
    heading.current?.focus();
  };
  return (
    <section aria-labelledby="withdrawal-title" className={styles.withdrawal}>
      <h2 id="withdrawal-title" ref={heading} tabIndex={-1}>{t.withdrawal.title}</h2>
      {/* Always there, since a live region announces changes only. */}
      <div role="status" className={styles.done}>{isDone && !isAsking && <Callout>{t.withdrawal.done(order.email)}</Callout>}</div>
      {order.withdrawal && !isAsking && (
        <>
          <p className={styles.soft}>
            {t.withdrawal.text} {order.withdrawal.until && t.withdrawal.until(formats.moment(order.withdrawal.until))}
          </p>
          <p><Button onClick={() => setAsking(true)}>{t.withdrawal.withdraw}</Button></p>
        </>
      )}
      <WithdrawalPageLink />
      {isAsking && (
        <Suspense fallback={<Loading label={t.common.loading} />}>
          <WithdrawalForm
            order={order}
            token={token}
            onDone={() => {
              setDone(true);
              close();
            }}
            onCancel={close}
          />
        </Suspense>
      )}
    </section>
  );
}

/** Tells why the function is missing when the law excepts everything that was ordered. */
function NoRight({ order }: { order: Order }) {
  const t = usePurchaseMessages();
  return (
    <section aria-labelledby="withdrawal-title" className={styles.withdrawal}>
      <h2 id="withdrawal-title">{t.withdrawal.title}</h2>
      <p>{t.withdrawal.allExcluded}</p>
      <WithdrawalExceptions lines={order.lines} />
      <WithdrawalPageLink />
    </section>
  );
}
