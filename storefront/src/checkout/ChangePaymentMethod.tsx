import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { usePurchaseMessages } from '../messages/messages';
import styles from './ChangePaymentMethod.module.css';

interface Confirmation {
  title: string;
  text: string;
  /** The label of the button that changes nothing. */
  keep: string;
}

interface ChangePaymentMethodProps {
  cancelPayment: () => Promise<void>;
  /** Asked first, where cancelling may lose something. */
  confirmation?: Confirmation;
  size?: 'normal' | 'small';
}

/** Cancels the pending payment step, so that the customer can choose another method. The page shows what follows. */
export function ChangePaymentMethod({ cancelPayment, confirmation, size = 'normal' }: ChangePaymentMethodProps) {
  const t = usePurchaseMessages();
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  const cancelling = useMutation({ mutationFn: cancelPayment });

  useEffect(() => {
    // The confirmation had the focus and is gone.
    if (wasAsking.current && !asking) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  return (
    <div className={styles.choice}>
      {confirmation && asking ? (
        <Confirm
          confirmation={confirmation}
          busy={cancelling.isPending}
          onYes={() => cancelling.mutate()}
          onKeep={() => {
            cancelling.reset();
            setAsking(false);
          }}
        />
      ) : (
        <Button ref={button} look="secondary" size={size} busy={cancelling.isPending} onClick={() => (confirmation ? setAsking(true) : cancelling.mutate())}>
          {t.payment.useOther}
        </Button>
      )}
      {cancelling.isError && <p role="alert" className={styles.failure}>{messageOf(cancelling.error, t)}</p>}
    </div>
  );
}

interface ConfirmProps {
  confirmation: Confirmation;
  busy: boolean;
  onYes: () => void;
  onKeep: () => void;
}

function Confirm({ confirmation, busy, onYes, onKeep }: ConfirmProps) {
  const t = usePurchaseMessages();
  const id = useId();
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => group.current?.focus(), []);
  useEffect(() => {
    const element = group.current;
    const onKey = ({ key }: KeyboardEvent) => {
      if (key === 'Escape' && !busy) onKeep();
    };
    element?.addEventListener('keydown', onKey);
    return () => element?.removeEventListener('keydown', onKey);
  }, [busy, onKeep]);
  return (
    <div ref={group} role="group" tabIndex={-1} aria-labelledby={`${id}-title`} aria-describedby={`${id}-text`} className={styles.question}>
      <h2 id={`${id}-title`}>{confirmation.title}</h2>
      <p id={`${id}-text`}>{confirmation.text}</p>
      <div className={styles.actions}>
        <Button busy={busy} onClick={onYes}>{t.payment.yesUseOther}</Button>
        <Button look="quiet" disabled={busy} onClick={onKeep}>{confirmation.keep}</Button>
      </div>
    </div>
  );
}
