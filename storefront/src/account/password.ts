import type { FieldError } from '../components/Field';
import type { PurchaseMessages } from '../messages/catalogue';

export const MIN_PASSWORD_LENGTH = 10;

export function checkPassword(password: string, field: string, { account }: PurchaseMessages): FieldError[] {
  return [...password].length >= MIN_PASSWORD_LENGTH
    ? []
    : [{ field, message: account.shortPassword(MIN_PASSWORD_LENGTH) }];
}
