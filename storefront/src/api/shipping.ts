import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { AddressRules, Country, Items, Tracking } from './types';

export function useCountries() {
  return useQuery<Items<Country>>({ queryKey: ['/api/v1/shipping/countries'], staleTime: Infinity });
}

/** The fields of addresses of a country. */
export function useAddressRules(country: string) {
  return useQuery<AddressRules>({
    queryKey: [`/api/v1/shipping/address-rules/${country}`],
    enabled: /^[A-Z]{2}$/.test(country),
    staleTime: Infinity,
    // Until those of a newly chosen country have loaded.
    placeholderData: keepPreviousData,
  });
}

export function useTracking(number: string | undefined) {
  return useQuery<Tracking>({
    queryKey: [`/api/v1/tracking/${encodeURIComponent(number ?? '')}`],
    enabled: number !== undefined,
    staleTime: 15_000,
  });
}
