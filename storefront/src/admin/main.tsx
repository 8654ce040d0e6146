import { createBrowserHistory } from '@tanstack/history';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/hanken-grotesk/wght.css';
import '@fontsource-variable/bricolage-grotesque/wght.css';
import '../styles/fonts.css';
import '../styles/tokens.css';
import '../styles/base.css';
import { onSignedOut } from '../api/client';
import { needPurchaseTexts } from '../messages/store';
import { createNavigation } from '../router/navigation';
import { Router } from '../router/Router';
import { rememberScroll } from '../router/scroll';
import { PageSkeleton } from '../shell/PageSkeleton';
import { showStartFailure } from '../shell/start-failure';
import { applyTheme, storedTheme } from '../shell/theme';
import { createAdminQueryClient } from './api/query-client';
import { forgetStaffData } from './api/session';
import { adminRoutes } from './routes';
import { AdminError } from './shell/AdminError';
import { AdminShell } from './shell/AdminShell';

const queryClient = createAdminQueryClient();
onSignedOut(() => forgetStaffData(queryClient));

applyTheme(storedTheme());

async function start(root: HTMLElement): Promise<void> {
  const navigation = createNavigation({ history: createBrowserHistory(), routes: adminRoutes, base: '/admin', onLeave: rememberScroll });
  void navigation.start();
  // The components that the admin shares with the shop need their texts, in English like its own.
  await needPurchaseTexts();
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Router navigation={navigation} fallback={<PageSkeleton />} ErrorPage={AdminError}><AdminShell /></Router>
      </QueryClientProvider>
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('admin.html has no #root');
start(root).catch((error: unknown) => {
  showStartFailure(root);
  throw error;
});
