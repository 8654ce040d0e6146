import { ButtonLink } from '../components/Button';
import { Empty } from '../components/States';
import { usePageTitle } from '../shell/page-title';
import { useMessages } from '../messages/messages';

export default function NotFoundPage() {
  usePageTitle();
  return (
    <div className="page">
      <NotFound what="page" />
    </div>
  );
}

export function NotFound({ what }: { what: 'page' | 'product' | 'category' }) {
  const t = useMessages();
  return (
    <Empty title={t.shell.notFound[what]}>
      <h1 className="visually-hidden">{t.shell.notFound[what]}</h1>
      <p>{t.shell.notFoundText}</p>
      <ButtonLink to="/products">{t.shell.browseProducts}</ButtonLink>
    </Empty>
  );
}
