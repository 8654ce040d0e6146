import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
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
import { createRouter } from './routes';
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
  // The router begins to load the code of the page, so texts and code arrive side by side.
  const router = createRouter();
  await texts;
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
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
