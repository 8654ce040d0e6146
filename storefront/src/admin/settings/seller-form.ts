import type { Shop } from '../../api/types';
import type { FieldError } from '../../components/Field';

type Seller = NonNullable<Shop['seller']>;

const MAX_LINES = 6;

/** The seller as the form has it: the lines of the address are one text. */
export interface SellerInput {
  name: string;
  address: string;
  taxId: string;
}

export function sellerInput(seller: Seller | null | undefined): SellerInput {
  return { name: seller?.name ?? '', address: seller?.address.join('\n') ?? '', taxId: seller?.tax_id ?? '' };
}

/** Returns the seller; undefined while nothing is entered, which keeps the stored one. */
export function sellerOf({ name, address, taxId }: SellerInput): Seller | undefined {
  const lines = linesOf(address);
  if (name.trim() === '' && lines.length === 0 && taxId.trim() === '') return undefined;
  return { name: name.trim(), address: lines, ...(taxId.trim() !== '' && { tax_id: taxId.trim() }) };
}

export function sellerErrors(input: SellerInput, wasEntered: boolean): FieldError[] {
  const { name, address } = input;
  if (!wasEntered && sellerOf(input) === undefined) return [];
  const lines = linesOf(address).length;
  const errors: FieldError[] = [];
  if (name.trim() === '') errors.push({ field: 'seller-name', message: 'Enter the name of the business.' });
  if (lines < 1 || lines > MAX_LINES) errors.push({ field: 'seller-address', message: `Enter one to ${MAX_LINES} lines.` });
  return errors;
}

function linesOf(address: string): string[] {
  return address.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}
