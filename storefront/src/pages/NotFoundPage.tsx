import { ButtonLink } from '../components/Button';
import { Empty } from '../components/States';
import { usePageTitle } from '../shell/page-title';

export default function NotFoundPage() {
  usePageTitle();
  return (
    <div className="page">
      <NotFound what="Page" />
    </div>
  );
}

export function NotFound({ what }: { what: 'Page' | 'Product' | 'Category' }) {
  return (
    <Empty title={`${what} not found`}>
      <h1 className="visually-hidden">{what} not found</h1>
      <p>It may have been moved or removed. Try the search above.</p>
      <ButtonLink to="/products">Browse all products</ButtonLink>
    </Empty>
  );
}
