import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import styles from './PayAnotherWay.module.css';

interface Question {
  title: string;
  text: string;
  /** On the button that leaves everything as it is. */
  keep: string;
}

interface PayAnotherWayProps {
  giveUp: () => Promise<void>;
  /** Asked first, where something may be lost. */
  question?: Question;
  size?: 'normal' | 'small';
}

/** Gives up what the customer was to do to pay. What comes then is for the page to show. */
export function PayAnotherWay({ giveUp, question, size = 'normal' }: PayAnotherWayProps) {
  const [asking, setAsking] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasAsking = useRef(false);
  const giving = useMutation({ mutationFn: giveUp });

  useEffect(() => {
    // The question had the focus, and has gone.
    if (wasAsking.current && !asking) button.current?.focus();
    wasAsking.current = asking;
  }, [asking]);

  return (
    <div className={styles.way}>
      {question && asking ? (
        <Asked
          question={question}
          busy={giving.isPending}
          onYes={() => giving.mutate()}
          onKeep={() => {
            giving.reset();
            setAsking(false);
          }}
        />
      ) : (
        <Button ref={button} look="secondary" size={size} busy={giving.isPending} onClick={() => (question ? setAsking(true) : giving.mutate())}>
          Pay another way
        </Button>
      )}
      {giving.isError && <p role="alert" className={styles.failure}>{messageOf(giving.error)}</p>}
    </div>
  );
}

interface AskedProps {
  question: Question;
  busy: boolean;
  onYes: () => void;
  onKeep: () => void;
}

function Asked({ question, busy, onYes, onKeep }: AskedProps) {
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
      <h2 id={`${id}-title`}>{question.title}</h2>
      <p id={`${id}-text`}>{question.text}</p>
      <div className={styles.ways}>
        <Button busy={busy} onClick={onYes}>Yes, pay another way</Button>
        <Button look="quiet" disabled={busy} onClick={onKeep}>{question.keep}</Button>
      </div>
    </div>
  );
}
