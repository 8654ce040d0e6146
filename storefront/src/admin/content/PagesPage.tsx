import { useQuery } from '@tanstack/react-query';
import { useShop } from '../../api/catalogue';
import { pathOfPage, STOREFRONT_KEY } from '../../api/storefront';
import type { Storefront } from '../../api/types';
import { ButtonLink } from '../../components/Button';
import { Callout, Empty } from '../../components/States';
import { Link } from '../../router/Link';
import { DataTable, type Column } from '../components/DataTable';
import { formatMoment } from '../components/formats';
import { Page } from '../components/Page';
import { StatusBadge } from '../components/StatusBadge';
import { LANGUAGE, LEGAL_PAGE } from '../messages/en';
import { pageRows, type PageRow } from './page-form';

const COLUMNS: readonly Column<PageRow>[] = [
  { key: 'title', header: 'Page', render: ({ handle, title, updatedAt }) => (updatedAt ? <Link to={pathOfPage(handle)}>{title}</Link> : title) },
  { key: 'handle', header: 'Address', minor: true, render: ({ handle }) => pathOfPage(handle) },
  { key: 'legal', header: 'Kind', minor: true, render: ({ legal }) => (legal ? 'Legal' : 'Other') },
  { key: 'languages', header: 'Languages', minor: true, render: ({ languages }) => languages.map((language) => LANGUAGE[language]).join(', ') },
  { key: 'changed', header: 'Last change', minor: true, render: ({ updatedAt }) => updatedAt && formatMoment(updatedAt) },
  { key: 'status', header: 'Status', render: ({ status }) => <StatusBadge status={status} /> },
  {
    key: 'actions',
    header: 'Actions',
    align: 'end',
    render: ({ handle, title, updatedAt }) => updatedAt
      ? <a href={pathOfPage(handle)}>View<span className="visually-hidden"> {title} in the shop</span></a>
      : <Link to={pathOfPage(handle)}>Write<span className="visually-hidden"> {title}</span></Link>,
  },
];

export default function PagesPage() {
  const { data: shop } = useShop();
  const storefront = useQuery<Storefront>({ queryKey: STOREFRONT_KEY });
  const missing = storefront.data?.missing_pages ?? [];
  return (
    <Page title="Pages" description="Legal pages and other texts of your shop." actions={<ButtonLink to="/pages/new" size="small">Add page</ButtonLink>}>
      {missing.length > 0 && (
        <Callout kind="warn">
          <p><strong>Your shop takes no orders yet.</strong> The law of its country asks for pages that are missing: {missing.map((legal) => LEGAL_PAGE[legal].label.toLowerCase()).join(', ')}.</p>
        </Callout>
      )}
      <DataTable
        caption="Pages"
        columns={COLUMNS}
        rows={storefront.data && pageRows(storefront.data.pages, missing, 'en', shop?.locale)}
        rowKey={({ handle }) => handle}
        error={storefront.error}
        onRetry={() => void storefront.refetch()}
        empty={<Empty title="No pages yet" />}
      />
    </Page>
  );
}
