import { messageOf } from '../../api/problem';
import type { FieldError } from '../../components/Field';
import { errorsOf, type FieldIds } from '../../components/form-errors';
import { currentMessages } from '../../messages/store';

/** Returns the shop's text for an error. The admin loads the texts in English only. */
export function problemText(error: unknown): string {
  return messageOf(error, currentMessages());
}

/** Labels of the fields whose API name would not be understood. */
const LABELS: Readonly<Record<string, string>> = {
  alt: 'Text for the picture',
  body_html: 'The text',
  compare_at_price: 'Former price',
  de: 'The German text',
  description_html: 'Description',
  en: 'The English text',
  footer_menu: 'The footer',
  fr: 'The French text',
  header_menu: 'The menu',
  lead: 'The text below the heading',
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

/** Maps the server's field errors to the fields of a form by their JSON pointers. */
export function formErrors(error: unknown, fields: FieldIds): FieldError[] {
  return errorsOf(error, fields, currentMessages(), LABELS);
}
