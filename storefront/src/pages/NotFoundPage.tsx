import { ButtonLink } from '../components/Button';
import { Empty } from '../components/States';
import { usePageTitle } from '../shell/page-title';

export default function NotFoundPage() {
  usePageTitle('Page not found');
  return (
    <div className="page">
      <NotFound what="This page" />
    </div>
  );
}

export function NotFound({ what }: { what: string }) {
  return (
    <Empty title={`${what} is not here`}>
      <h1 className="visually-hidden">Not found</h1>
      <p>It may have been moved or taken out of the shop. The search box above knows everything that is left.</p>
      <ButtonLink to="/products">Browse all products</ButtonLink>
    </Empty>
  );
}
