import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client';
import { ErrorSummary, SelectField, TextField } from '../../components/Field';
import { Callout } from '../../components/States';
import { useNavigate } from '../../router/hooks';
import { refreshPaths } from '../api/query-client';
import type { Benefit, Promotion, PromotionDraft } from '../api/types';
import { CheckField } from '../components/CheckField';
import { Card, FieldRow, Page, pageStyles } from '../components/Page';
import { SaveBar } from '../components/SaveBar';
import { UnsavedGuard } from '../components/UnsavedGuard';
import { useSubmit } from '../components/use-submit';
import { useCan } from '../shell/permissions';
import { DeletePromotion } from './DeletePromotion';
import { requireUnusedCode } from './find-promotion';
import { checkPromotion, emptyPromotion, promotionDraft, promotionForm } from './promotion-form';

const BENEFITS: Readonly<Record<Benefit['kind'], string>> = { percent: 'A percentage off', fixed: 'An amount off', free_shipping: 'Free delivery' };

const FIELDS = {
  '/code': 'promotion-code', '/benefit': 'promotion-percent', '/benefit/rate': 'promotion-percent', '/benefit/amount': 'promotion-amount',
  '/benefit/amount/amount': 'promotion-amount', '/description': 'promotion-description', '/min_subtotal': 'promotion-min',
  '/starts_at': 'promotion-starts', '/ends_at': 'promotion-ends', '/usage_limit': 'promotion-limit',
};

/** `stored` is null for a new promotion. */
export function PromotionEditor({ stored, currency }: { stored: Promotion | null; currency: string }) {
  const can = useCan();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [initial] = useState(() => (stored ? promotionForm(stored) : emptyPromotion()));
  const isNew = stored === null;
  const [input, setInput] = useState(initial);
  const [leaving, setLeaving] = useState(false);
  const save = useMutation({
    mutationFn: async ({ code, draft }: { code: string; draft: PromotionDraft }) => {
      if (isNew) await requireUnusedCode(code);
      return api.put<Promotion>(`/api/v1/promotions/${encodeURIComponent(code)}`, draft, { as: 'account' });
    },
    onSettled: () => refreshPaths(client, '/api/v1/promotions'),
  });
  const form = useSubmit(save, {
    fields: FIELDS,
    done: ({ code }) => `${code} is saved.`,
    onDone: () => leave(),
  });
  const readOnly = !can('promotions:write');
  const dirty = !readOnly && !leaving && JSON.stringify(input) !== JSON.stringify(initial);
  const text = (name: 'code' | 'percent' | 'amount' | 'description' | 'minSubtotal' | 'startsAt' | 'endsAt' | 'usageLimit', id: string) => ({
    id: `promotion-${id}`,
    value: input[name],
    error: form.errorOf(`promotion-${id}`),
    autoComplete: 'off',
    onChange: (event: { target: { value: string } }) => setInput({ ...input, [name]: event.target.value }),
  });
  const leave = () => {
    setLeaving(true);
    // After the guard has seen that there is nothing to lose.
    setTimeout(() => void navigate('/promotions'));
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    form.submit({ code: input.code.trim(), draft: promotionDraft(input, stored, currency) }, checkPromotion(input, currency));
  };
  return (
    <Page
      title={isNew ? 'New promotion' : initial.code}
      back={{ to: '/promotions', label: 'Promotions' }}
      actions={stored && !readOnly && <DeletePromotion code={stored.code} onDeleted={leave} />}
    >
      <UnsavedGuard dirty={dirty} />
      {readOnly && <Callout kind="warn">Your role can look at promotions, but not change them.</Callout>}
      <form className={pageStyles.stack} onSubmit={onSubmit} noValidate>
        <ErrorSummary errors={form.errors} />
        <fieldset disabled={readOnly} className={pageStyles.stack}>
          <legend className="visually-hidden">Promotion</legend>
          <Card title="Benefit">
            <FieldRow>
              <TextField {...text('code', 'code')} label="Code" required readOnly={!isNew} maxLength={40} hint={isNew ? 'Customers can type it in capital or small letters.' : "The code can't be changed later."} />
              <SelectField id="promotion-kind" label="Benefit" value={input.kind} onChange={(event) => setInput({ ...input, kind: event.target.value as Benefit['kind'] })}>
                {(Object.keys(BENEFITS) as Benefit['kind'][]).map((kind) => <option key={kind} value={kind}>{BENEFITS[kind]}</option>)}
              </SelectField>
              {input.kind === 'percent' && <TextField {...text('percent', 'percent')} label="Per cent off" required inputMode="decimal" />}
              {input.kind === 'fixed' && <TextField {...text('amount', 'amount')} label={`Amount off in ${currency}`} required inputMode="decimal" />}
            </FieldRow>
            <TextField {...text('description', 'description')} label="Description" optional hint="Customers see it in the cart." maxLength={200} />
          </Card>
          <Card title="Conditions">
            <FieldRow>
              <TextField {...text('minSubtotal', 'min')} label={`Smallest subtotal in ${currency}`} optional inputMode="decimal" />
              <TextField {...text('usageLimit', 'limit')} label="Number of orders" optional inputMode="numeric" hint="Empty for any number." />
            </FieldRow>
            <FieldRow>
              <TextField {...text('startsAt', 'starts')} label="Starts" optional type="datetime-local" hint="Empty for at once." />
              <TextField {...text('endsAt', 'ends')} label="Ends" optional type="datetime-local" hint="Empty for never." />
            </FieldRow>
            <CheckField checked={input.active} onChange={(event) => setInput({ ...input, active: event.target.checked })}>The code can be used</CheckField>
          </Card>
        </fieldset>
        {!readOnly && <SaveBar dirty={dirty} busy={form.busy} onDiscard={() => setInput(initial)} />}
      </form>
    </Page>
  );
}
