import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { apiPath } from './path';
import type { Country, Items, Place, Tracking } from './types';

export function useCountries() {
  return useQuery<Items<Country>>({ queryKey: ['/api/v1/shipping/countries'], staleTime: Infinity });
}

export function usePlaces(country: string, text: string) {
  const q = text.trim();
  return useQuery<Items<Place>>({
    queryKey: [apiPath('/api/v1/shipping/places', { country, q })],
    enabled: country !== '' && q.length >= 2,
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
