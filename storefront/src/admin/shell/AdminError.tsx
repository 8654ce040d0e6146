import { useEffect } from 'react';
import { problemText } from '../messages/problems';
import { Button } from '../../components/Button';
import { Empty } from '../../components/States';
import { Link } from '../../router/Link';
import { isOutdated } from '../../shell/outdated';

/** Shown instead of a page that failed to load or to render. */
export function AdminError({ error }: { error: unknown }) {
  useEffect(() => {
    console.error(error);
  }, [error]);
  const outdated = isOutdated(error);
  return (
    <Empty title={outdated ? 'The admin has been updated' : 'Something went wrong'}>
      <p role="alert">{outdated ? 'Reload the page to get the latest version.' : problemText(error)}</p>
      <Button onClick={() => window.location.reload()}>Reload page</Button>
      <Link to="/">Go to the dashboard</Link>
    </Empty>
  );
}
