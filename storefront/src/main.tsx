import { createBrowserHistory } from '@tanstack/history';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource-variable/hanken-grotesk/wght.css';
import '@fontsource-variable/bricolage-grotesque/wght.css';
import './styles/fonts.css';
import './styles/tokens.css';
import './styles/base.css';
import { forgetPrivateData } from './api/account';
import { onSignedOut } from './api/client';
import { createQueryClient, seedFromPage } from './api/query-client';
import { pageLanguage } from './messages/page-language';
import { openLanguage } from './messages/store';
import { registerServiceWorker } from './offline/register';
import { createNavigation } from './router/navigation';
import { Router } from './router/Router';
import { rememberScroll } from './router/scroll';
import { pageRoutes } from './routes';
import { PageSkeleton } from './shell/PageSkeleton';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';
import { showStartFailure } from './shell/start-failure';
import { applyTheme, storedTheme } from './shell/theme';

const queryClient = createQueryClient();
seedFromPage(queryClient, document);
onSignedOut(() => forgetPrivateData(queryClient));
applyTheme(storedTheme());

async function start(root: HTMLElement): Promise<void> {
  const language = await pageLanguage(queryClient);
  document.documentElement.lang = language;
  const texts = openLanguage(language);
  const navigation = createNavigation({ history: createBrowserHistory(), routes: pageRoutes, onLeave: rememberScroll });
  // The code of the page and the texts are loaded side by side.
  navigation.start();
  await texts;
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Router navigation={navigation} fallback={<PageSkeleton />} ErrorPage={RouteError}><Shell /></Router>
      </QueryClientProvider>
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
start(root).catch((error: unknown) => {
  showStartFailure(root);
  throw error;
});
void registerServiceWorker(queryClient);
