import { useEffect } from 'react';
import { useRouteError } from 'react-router';
import { messageOf } from '../api/problem';
import { Button } from '../components/Button';
import { Empty } from '../components/States';

/** The last resort: a page that failed to render says so, and leads out. */
export function RouteError() {
  const error = useRouteError();
  useEffect(() => {
    console.error(error);
  }, [error]);
  // After a deployment the chunk names of the old page are gone: a fresh page has the new ones.
  const outdated = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <div className="page">
      <Empty title={outdated ? 'The shop has been updated' : 'This page has a problem'}>
        <p role="alert">{outdated ? 'Reload to get the current version.' : messageOf(error)}</p>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
        <a href="/">Go to the start page</a>
      </Empty>
    </div>
  );
}
