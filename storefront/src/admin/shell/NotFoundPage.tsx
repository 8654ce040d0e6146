import { Link } from '../../router/Link';
import { Page } from '../components/Page';

export default function NotFoundPage() {
  return (
    <Page title="Page not found" description="There is no such page in the admin.">
      <p><Link to="/">Go to the dashboard</Link></p>
    </Page>
  );
}
