/** Names who did something. The API has no names of other accounts for all roles of staff. */
export function authorText(author: string, accountId: string | undefined): string {
  if (author === `account:${accountId}`) return 'you';
  return author.startsWith('api-key:') ? 'a program with an API key' : 'a colleague';
}
