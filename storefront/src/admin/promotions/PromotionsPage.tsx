import { ButtonLink } from '../../components/Button';
import { Empty } from '../../components/States';
import { useFormats } from '../../messages/formats';
import { Link } from '../../router/Link';
import { formatMoment } from '../components/formats';
import type { Promotion } from '../api/types';
import { DataTable, type Column } from '../components/DataTable';
import { percentText } from '../components/numbers';
import { Page } from '../components/Page';
import { Pager } from '../components/Pager';
import { StatusBadge } from '../components/StatusBadge';
import { useList } from '../components/use-list';
import { useTableState } from '../components/use-table-state';
import { useCan } from '../shell/permissions';
import { promotionStatus } from './promotion-form';

const COLUMNS: readonly Column<Promotion>[] = [
  { key: 'code', header: 'Code', render: ({ code }) => <Link to={`/promotions/${encodeURIComponent(code)}`}>{code}</Link> },
  { key: 'benefit', header: 'Benefit', render: ({ benefit }) => <BenefitText benefit={benefit} /> },
  { key: 'used', header: 'Used', align: 'end', minor: true, render: ({ used, usage_limit }) => (typeof usage_limit === 'number' ? `${used} of ${usage_limit}` : used) },
  { key: 'ends', header: 'Ends', minor: true, render: ({ ends_at }) => (ends_at ? formatMoment(ends_at) : 'Never') },
  { key: 'status', header: 'Status', render: (promotion) => <StatusBadge status={promotionStatus(promotion, new Date())} /> },
];

export default function PromotionsPage() {
  const can = useCan();
  const table = useTableState();
  const list = useList<Promotion>('/api/v1/promotions', { cursor: table.cursor, limit: 25 });
  return (
    <Page title="Promotions" description="Codes that customers enter in the cart." actions={can('promotions:write') && <ButtonLink to="/promotions/new" size="small">Add promotion</ButtonLink>}>
      <DataTable
        caption="Promotions"
        columns={COLUMNS}
        rows={list.rows}
        rowKey={({ code }) => code}
        error={list.error}
        onRetry={list.retry}
        stale={list.stale}
        empty={<Empty title="No promotions yet" />}
        footer={<Pager controls={table} list={list} />}
      />
    </Page>
  );
}

function BenefitText({ benefit }: { benefit: Promotion['benefit'] }) {
  const { money } = useFormats();
  if (benefit.kind === 'percent') return `${percentText(benefit.rate)} % off`;
  return benefit.kind === 'fixed' ? `${money(benefit.amount)} off` : 'Free delivery';
}
