import { useEffect } from 'react';
import { Link, useRouteError } from 'react-router';
import { problemText } from '../messages/problems';
import { Button } from '../../components/Button';
import { Empty } from '../../components/States';

/** Shown instead of a page that failed to load or to render. */
export function AdminError() {
  const error = useRouteError();
  useEffect(() => {
    console.error(error);
  }, [error]);
  // A deployment removes the chunks that the open page refers to: a reload gets the new names.
  const outdated = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <Empty title={outdated ? 'The admin has been updated' : 'Something went wrong'}>
      <p role="alert">{outdated ? 'Reload the page to get the latest version.' : problemText(error)}</p>
      <Button onClick={() => window.location.reload()}>Reload page</Button>
      <Link to="/">Go to the dashboard</Link>
    </Empty>
  );
}
