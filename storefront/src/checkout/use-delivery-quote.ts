import { useState } from 'react';
import { useQuoteDelivery } from '../api/cart';
import { isProblem } from '../api/problem';
import type { Address, Place, Quote } from '../api/types';
import { destinationOf } from './address-rules';

interface State {
  /** The quote for the address, once its place is known. */
  quote: Quote | null;
  /** The places between which the customer has to choose. */
  places: Place[];
  /** The one that was chosen, which is quoted again when the cart changes. */
  placeId: number | null;
  error: unknown;
}

type QuoteOutcome = { kind: 'quoted'; quote: Quote } | { kind: 'ambiguous' } | { kind: 'problem'; error: unknown };

const NOTHING: State = { quote: null, places: [], placeId: null, error: null };

/** The price of delivery to an address. The server derives the place, and says when it cannot decide between several. */
export function useDeliveryQuote() {
  const [state, setState] = useState<State>(NOTHING);
  const ask = useQuoteDelivery();

  const request = async (address: Address, placeId: number | null): Promise<QuoteOutcome> => {
    try {
      const quote = await ask.mutateAsync({ address: destinationOf(address), placeId });
      setState((known) => ({ quote, places: placeId === null ? [] : known.places, placeId, error: null }));
      return { kind: 'quoted', quote };
    } catch (error) {
      if (isProblem(error, 'ambiguous-place')) {
        setState({ ...NOTHING, places: (error.body.places ?? []) as Place[] });
        return { kind: 'ambiguous' };
      }
      setState((known) => ({ ...known, quote: null, error }));
      return { kind: 'problem', error };
    }
  };

  return {
    ...state,
    busy: ask.isPending,
    request,
    /** Forgets the price, which has to be asked for again: the cart has changed, or the price has expired. */
    expire: () => setState((known) => ({ ...known, quote: null, error: null })),
  };
}

export type DeliveryQuote = ReturnType<typeof useDeliveryQuote>;
