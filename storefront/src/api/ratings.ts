import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { productPath } from './catalogue';
import { api } from './client';
import { apiPath } from './path';
import type { Items, Rating, Review, ReviewDraft, ReviewList } from './types';

/** Reads the ratings of all products of a grid in one request. */
export function useRatings(productIds: string[]) {
  return useQuery({
    queryKey: [`/api/v1/ratings?product=${productIds.join(',')}`],
    enabled: productIds.length > 0,
    select: (ratings: Items<Rating>) => new Map(ratings.items.map((rating) => [rating.product_id, rating])),
    staleTime: 5 * 60_000,
  });
}

export type ReviewSort = 'newest' | 'helpful';

function reviewsPath(handle: string): string {
  return `${productPath(handle)}/reviews`;
}

export function useReviews(handle: string, sort: ReviewSort) {
  return useInfiniteQuery({
    queryKey: [reviewsPath(handle), sort],
    queryFn: ({ pageParam, signal }) =>
      api.get<ReviewList>(apiPath(reviewsPath(handle), { sort, cursor: pageParam }), { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

function reloadReviews(client: QueryClient, handle: string): Promise<void> {
  return client.invalidateQueries({ queryKey: [reviewsPath(handle)] });
}

export function useWriteReview(handle: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: ReviewDraft) =>
      api.put<Review>(`${reviewsPath(handle)}/mine`, input, { as: 'account' }),
    onSuccess: () => reloadReviews(client, handle),
  });
}

export function useDeleteReview(handle: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.delete<void>(`${reviewsPath(handle)}/mine`, { as: 'account' }),
    onSuccess: () => reloadReviews(client, handle),
  });
}

export function useMarkHelpful(handle: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, helpful }: { id: string; helpful: boolean }) => {
      const path = `/api/v1/reviews/${id}/helpful`;
      return helpful ? api.post<void>(path, {}, { as: 'account' }) : api.delete<void>(path, { as: 'account' });
    },
    onSuccess: () => reloadReviews(client, handle),
  });
}
