import { useEffect } from 'react';
import { useShop } from '../../api/catalogue';
import { useLocation } from '../../router/hooks';
import { Card, Page, pageStyles } from '../components/Page';
import { DeadLetters } from './DeadLetters';
import { FailedEmails } from './FailedEmails';
import { FailedImages } from './FailedImages';
import { WebhookEvents } from './WebhookEvents';

export default function SystemPage() {
  const { hash } = useLocation();
  useEffect(() => {
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
  return (
    <Page title="System" description="What the shop tried several times and gave up. Repair the cause, then try again.">
      <div id="emails"><FailedEmails /></div>
      <div id="images"><FailedImages /></div>
      <div id="dead-letters"><DeadLetters /></div>
      <div id="webhooks"><WebhookEvents /></div>
      <Links />
    </Page>
  );
}

function Links() {
  const { data: shop } = useShop();
  return (
    <Card title="Links">
      <ul className={pageStyles.list}>
        <li><a href="/api/docs">API documentation</a></li>
        <li><a href="/sitemap.xml">Sitemap for search engines</a></li>
        <li><a href="/feeds/google.xml">Product feed for Google Merchant Center</a></li>
        {shop?.demo && <li><a href="/mailbox">Emails of this demo shop</a></li>}
      </ul>
    </Card>
  );
}
