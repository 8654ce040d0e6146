import { renderToStaticMarkup } from 'react-dom/server';
import { COLOUR_OPTIONS, COLOURS } from '../catalogue/colours';
import { Icon, ICON_NAMES } from '../components/Icon';
import { SIZES, WIDTHS } from '../components/image-sizes';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../messages/language';
import { loadMessages } from '../messages/catalogue';
import { Mark } from '../shell/Mark';
import { templatesOf } from './message-templates';
import { numberForms } from './number-forms';
import { contentOf, plain, renderFirstView } from './render';

/** The pages whose first view is the same for every visitor but for the header and footer. */
const FIXED_PAGES = [
  '/cart', '/checkout', '/checkout/return', '/checkout/return?payment=1', '/checkout/transfer', '/checkout/transfer?payment=1',
  '/orders/find', '/orders/1', '/account', '/login?next=%2FNEXT', '/register?next=%2FNEXT',
];

async function ofEachLanguage<T>(make: (language: Language) => Promise<T>): Promise<Record<string, T>> {
  const made: Record<string, T> = {};
  // One after the other: the texts of the page are a single state.
  for (const language of LANGUAGES) made[language] = await make(language);
  return made;
}

/** The small numbers that the plural of a language calls one. All others have the other form in the texts. */
function singular(language: Language): number[] {
  const rules = new Intl.PluralRules(language);
  return Array.from({ length: 100 }, (_, number) => number).filter((number) => rules.select(number) === 'one');
}

async function textsOf(language: Language) {
  const { common, catalogue, product, reviews, shell } = await loadMessages(language);
  return templatesOf({ common, catalogue, product, reviews, shell }, 1);
}

function icons(): Record<string, string> {
  const sizes = /width="20" height="20"/;
  return Object.fromEntries(ICON_NAMES.map((name) => [name, plain(renderToStaticMarkup(<Icon name={name} />)).replace(sizes, 'width="{0}" height="{0}"')]));
}

/** Returns everything that the server renders first views with, so that it is written in the storefront only. */
export async function createRendering() {
  const contents: Record<string, Record<string, string>> = {};
  for (const path of FIXED_PAGES) {
    contents[path.replace(/=.*/, '')] = await ofEachLanguage(async (language) => contentOf(await renderFirstView({ language, path, queries: {} })));
  }
  return {
    languages: await ofEachLanguage(async (language) => ({ name: LANGUAGE_NAMES[language], singular: singular(language), texts: await textsOf(language) })),
    numbers: numberForms(),
    icons: icons(),
    mark: plain(renderToStaticMarkup(<Mark />)),
    colours: { options: [...COLOUR_OPTIONS], names: COLOURS },
    images: { widths: WIDTHS, sizes: SIZES },
    contents,
  };
}
