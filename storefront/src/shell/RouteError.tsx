import { useEffect } from 'react';
import { useRouteError } from 'react-router';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { Empty } from '../components/States';
import { useMessages } from '../messages/messages';

/** Shown instead of a page that failed to load or to render. */
export function RouteError() {
  const t = useMessages();
  const error = useRouteError();
  useEffect(() => {
    console.error(error);
  }, [error]);
  // A deployment removes the chunks that the open page refers to: a reload gets the new names.
  const outdated = error instanceof TypeError && /import|module/i.test(error.message);
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
