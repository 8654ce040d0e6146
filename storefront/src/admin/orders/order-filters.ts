/** The choice of the status filter that lists orders with a return or withdrawal to be received or declined. */
export const AWAITS_RETURN = 'returns';

export function statusQuery(status: string | undefined): { status?: string | undefined; awaits_return?: true } {
  return status === AWAITS_RETURN ? { awaits_return: true } : { status };
}

/** Returns the beginning of a day such as "2026-11-30" in the time zone of the browser; undefined if it is none. */
export function startOfDay(day: string | undefined): string | undefined {
  return midnight(day, 0);
}

/** Returns the end of a day, which does not belong to it any more. */
export function endOfDay(day: string | undefined): string | undefined {
  return midnight(day, 1);
}

function midnight(day: string | undefined, later: number): string | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '');
  if (!parts) return undefined;
  // Not a day of 24 hours, which some days do not have.
  const date = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + later);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
