import { LANGUAGES, type Language } from '../messages/language';

/** How a locale writes numbers: an amount, two weights, and the symbols of currencies that differ from their codes. */
interface NumberForms {
  /** `1234567.89` of a currency whose symbol is `¤`. */
  money: string;
  /** The currencies with another form. */
  exceptions: Record<string, string>;
  gram: string;
  kilogram: string;
  symbols: Record<string, string>;
}

const SAMPLE = 1_234_567.89;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Lists the locales of a language that have forms of their own. All other regions use those of the language. */
function localesOf(language: Language): string[] {
  const regions = [...LETTERS].flatMap((first) => [...LETTERS].map((second) => first + second));
  return Intl.NumberFormat.supportedLocalesOf(regions.map((region) => `${language}-${region}`))
    .filter((locale) => new Intl.NumberFormat(locale).resolvedOptions().locale === locale);
}

/** Lists the currencies that are in use. The names of all others have the years of their use. */
function currencies(): string[] {
  const names = new Intl.DisplayNames('en', { type: 'currency' });
  return Intl.supportedValuesOf('currency').filter((code) => !/\d{4}/.test(names.of(code) ?? ''));
}

function partsOf(locale: string, currency: string): Intl.NumberFormatPart[] {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits }).formatToParts(SAMPLE);
}

function formsOf(locale: string, codes: readonly string[]): NumberForms {
  const weight = (unit: string) => new Intl.NumberFormat(locale, { style: 'unit', unit, minimumFractionDigits: 2 }).format(SAMPLE);
  const amounts = codes.map((code) => [code, partsOf(locale, code)] as const);
  const symbols = Object.fromEntries(amounts.map(([code, parts]) => [code, parts.find(({ type }) => type === 'currency')?.value ?? code]));
  const samples = amounts.map(([code, parts]) => [code, parts.map(({ type, value }) => (type === 'currency' ? '¤' : value)).join('')] as const);
  // A symbol that is a word is set apart from the number, so the common form is that of the others.
  const money = mostFrequent(samples.filter(([code]) => !/^\p{L}|[\p{L}.]$/u.test(symbols[code] ?? '')).map(([, sample]) => sample));
  const exceptions = samples.filter(([code, sample]) => sample !== money && sample !== money.replace(/^¤(?=\d)/, '¤\u00a0') && symbols[code]);
  return {
    money,
    gram: weight('gram'),
    kilogram: weight('kilogram'),
    exceptions: Object.fromEntries(exceptions),
    symbols,
  };
}

function mostFrequent(texts: string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one)[0]?.[0] ?? '';
}

/** Leaves out what another locale has as well. */
function difference(forms: NumberForms, common: NumberForms): Partial<NumberForms> {
  const { symbols, exceptions, ...samples } = forms;
  const others = Object.entries(symbols).filter(([code, symbol]) => symbol !== common.symbols[code]);
  return {
    ...Object.fromEntries(Object.entries(samples).filter(([name, sample]) => sample !== common[name as keyof NumberForms])),
    ...(Object.keys(exceptions).length > 0 && { exceptions }),
    ...(others.length > 0 && { symbols: Object.fromEntries(others) }),
  };
}

/** Returns the forms of each language, and of its regions what differs. */
export function numberForms(): Record<string, Partial<NumberForms>> {
  const codes = currencies();
  return Object.fromEntries(LANGUAGES.flatMap((language) => {
    const common = formsOf(language, codes);
    const inRegions = localesOf(language).map((locale) => [locale, difference(formsOf(locale, codes), common)] as const);
    const ownSymbols = Object.fromEntries(Object.entries(common.symbols).filter(([code, symbol]) => symbol !== code));
    return [[language, { ...common, symbols: ownSymbols }] as const, ...inRegions.filter(([, forms]) => Object.keys(forms).length > 0)];
  }));
}
