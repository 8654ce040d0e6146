import { ApiError, NoResponseError } from '../../api/problem';
import type { FieldError } from '../../components/Field';

/** Returns a sentence to show. Unexpected errors do not reveal their details. */
export function problemText(error: unknown): string {
  if (error instanceof NoResponseError) return "We couldn't reach the shop. Check your connection and try again.";
  // The server says what happened, except where a proxy in between answered.
  if (error instanceof ApiError) return error.message || (error.status >= 500 ? "We're having a technical problem. Please try again." : "That didn't work. Please try again.");
  return 'Something went wrong. Please try again.';
}

/** Labels of the fields whose API name would not be understood. */
const NAMES: Readonly<Record<string, string>> = {
  alt: 'Text for the picture',
  compare_at_price: 'Former price',
  description_html: 'Description',
  low_at: 'Alert',
  min_subtotal: 'Smallest subtotal',
  oversell: 'When none is left',
  seo_description: 'Description for search engines',
  seo_title: 'Page title',
  sku: 'SKU',
  tracking_url: 'Tracking link',
  up_to_km: 'Distance',
  usage_limit: 'Number of orders',
  vendor: 'Brand',
  weight_grams: 'Weight',
};

/** Completes the server's message: it may be a predicate ("is too long") whose subject is the field. */
function sentence(pointer: string, detail: string): string {
  if (!/^\p{Ll}/u.test(detail)) return detail;
  const field = pointer.slice(pointer.lastIndexOf('/') + 1);
  const name = NAMES[field] ?? field.replaceAll('_', ' ').replace(/^./u, (letter) => letter.toUpperCase());
  return `${name} ${detail}${/[.!?]$/.test(detail) ? '' : '.'}`;
}

type Fields = Readonly<Record<string, string>> | ((pointer: string) => string | undefined);

/** Maps the server's field errors to the fields of a form by their JSON pointers. */
export function formErrors(error: unknown, fields: Fields): FieldError[] {
  if (error instanceof ApiError && error.body.errors?.length) {
    return error.body.errors.map(({ pointer, detail }) => ({
      field: typeof fields === 'function' ? fields(pointer) : fields[pointer],
      message: sentence(pointer, detail),
    }));
  }
  return [{ message: problemText(error) }];
}
