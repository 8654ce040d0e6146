import { useEffect, useRef, type ReactNode } from 'react';
import { TextButton } from '../components/Button';
import { Icon } from '../components/Icon';
import { usePurchaseMessages } from '../messages/messages';
import styles from './Step.module.css';

export type StepState = 'done' | 'current' | 'later';

interface StepProps {
  number: number;
  title: string;
  state: StepState;
  /** The entered values, shown once the step is done. */
  summary?: ReactNode;
  onEdit?: (() => void) | undefined;
  /** Set when the step replaces something that had the focus. */
  takesFocus?: boolean;
  children: ReactNode;
}

export function Step({ number, title, state, summary, onEdit, takesFocus = false, children }: StepProps) {
  const t = usePurchaseMessages();
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef<StepState>(takesFocus ? 'later' : state);
  useEffect(() => {
    // The form that had the focus has closed, so the focus moves to the step that opened.
    if (state === 'current' && before.current !== 'current') heading.current?.focus();
    before.current = state;
  }, [state]);
  return (
    <section className={styles.step} data-state={state} aria-labelledby={`step-${number}`}>
      <header className={styles.head}>
        <span className={styles.number} aria-hidden="true">{state === 'done' ? <Icon name="check" size={16} /> : number}</span>
        <h2 id={`step-${number}`} ref={heading} tabIndex={-1}>
          {title}
          {state === 'done' && <span className="visually-hidden">{t.checkout.done}</span>}
        </h2>
        {state === 'done' && onEdit && <TextButton aria-label={t.checkout.editStep(title)} onClick={onEdit}>{t.common.edit}</TextButton>}
      </header>
      {state === 'current' && <div className={styles.body}>{children}</div>}
      {state === 'done' && summary && <div className={styles.body}>{summary}</div>}
    </section>
  );
}
