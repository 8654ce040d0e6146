import type { Messages } from '../messages/catalogue';

interface Line {
  quantity: number;
  option_values: readonly string[];
}

/** Describes the units of a line, such as "2 × Matt black", or "Quantity: 2" for a product without options. */
export function lineText({ quantity, option_values }: Line, t: Messages): string {
  return option_values.length > 0 ? `${quantity} × ${option_values.join(' / ')}` : t.common.quantity(quantity);
}
