import { useState, type FormEvent } from 'react';
import { useApplyPromotion, useRemovePromotion } from '../api/cart';
import { messageOf } from '../api/problem';
import type { Promotion } from '../api/types';
import { Button, TextButton } from '../components/Button';
import { TextField } from '../components/Field';
import { useToasts } from '../components/Toasts';
import { serverText } from '../messages/server-text';
import { useMessages } from '../messages/messages';
import styles from './PromotionForm.module.css';

export function PromotionForm({ promotion }: { promotion: Promotion | null | undefined }) {
  return promotion ? <Applied promotion={promotion} /> : <EnterCode />;
}

function Applied({ promotion }: { promotion: Promotion }) {
  const t = useMessages();
  const remove = useRemovePromotion();
  const { announce, notify } = useToasts();
  return (
    <div className={styles.applied} data-applies={promotion.applies}>
      <p>
        <strong>{promotion.code}</strong> {promotion.description}
        {!promotion.applies && <span className={styles.reason}>{serverText(t, promotion.reason, t.cart.codeRejected)}</span>}
      </p>
      <TextButton
        aria-label={t.cart.codeRemove(promotion.code)}
        onClick={() => remove.mutate(undefined, {
          onSuccess: () => announce(t.cart.codeRemoved),
          onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
        })}
      >
        {t.common.remove}
      </TextButton>
    </div>
  );
}

function EnterCode() {
  const t = useMessages();
  const [code, setCode] = useState('');
  const apply = useApplyPromotion();
  const { announce } = useToasts();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim() !== '') apply.mutate(code.trim(), { onSuccess: () => announce(t.cart.codeApplied) });
  };
  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate>
      <TextField
        id="promotion-code"
        label={t.cart.code}
        autoComplete="off"
        autoCapitalize="characters"
        maxLength={64}
        value={code}
        error={apply.isError ? messageOf(apply.error, t) : undefined}
        onChange={(event) => {
          setCode(event.target.value);
          apply.reset();
        }}
      />
      <Button type="submit" look="secondary" busy={apply.isPending}>{t.cart.codeApply}</Button>
      <span role="alert" className="visually-hidden">{apply.isError ? messageOf(apply.error, t) : ''}</span>
    </form>
  );
}
