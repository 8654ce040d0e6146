import type { FieldError } from '../components/Field';

export const MIN_PASSWORD_LENGTH = 10;

export function checkPassword(password: string, field: string): FieldError[] {
  return [...password].length >= MIN_PASSWORD_LENGTH
    ? []
    : [{ field, message: `Use at least ${MIN_PASSWORD_LENGTH} characters for your password.` }];
}
