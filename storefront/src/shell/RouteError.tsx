import { useEffect } from 'react';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { Empty } from '../components/States';
import { useMessages } from '../messages/messages';
import { isOutdated } from './outdated';

/** Shown instead of a page that failed to load or to render. */
export function RouteError({ error }: { error: unknown }) {
  const t = useMessages();
  useEffect(() => {
    console.error(error);
  }, [error]);
  const outdated = isOutdated(error);
  return (
    <div className="page">
      <Empty title={outdated ? t.shell.updatedTitle : t.shell.wrongTitle}>
        <p role="alert">{outdated ? t.shell.updatedText : messageOf(error, t)}</p>
        <Button onClick={() => window.location.reload()}>{t.shell.reload}</Button>
        <a href="/">{t.shell.goHome}</a>
      </Empty>
    </div>
  );
}
