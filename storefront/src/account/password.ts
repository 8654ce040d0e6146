import type { FieldError } from '../components/Field';

export const SHORTEST_PASSWORD = 10;

export function checkPassword(password: string, field: string): FieldError[] {
  return [...password].length >= SHORTEST_PASSWORD
    ? []
    : [{ field, message: `Choose a password of at least ${SHORTEST_PASSWORD} characters.` }];
}
