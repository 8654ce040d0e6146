import { lazy, Suspense, useState } from 'react';
import { useAccount } from '../api/account';
import { messageOf } from '../api/problem';
import { useMarkHelpful, useReviews, type ReviewSort } from '../api/ratings';
import type { Review, ReviewList } from '../api/types';
import { Button, TextButton } from '../components/Button';
import { Icon } from '../components/Icon';
import { useToasts } from '../components/Toasts';
import { shortAverage, Stars } from '../components/Stars';
import { Failure, Loading, Skeleton } from '../components/States';
import { useMessages } from '../messages/messages';
import { useFormats } from '../messages/formats';
import { Link } from '../router/Link';
import styles from './Reviews.module.css';

/** Few visitors write, so the form is loaded when it is opened. */
const ReviewForm = lazy(async () => ({ default: (await import('./ReviewForm')).ReviewForm }));

export function Reviews({ handle, title }: { handle: string; title: string }) {
  const t = useMessages();
  const [sort, setSort] = useState<ReviewSort>('helpful');
  const reviews = useReviews(handle, sort);
  const { data: account } = useAccount();
  const summary = reviews.data?.pages[0]?.summary;
  const all = reviews.data?.pages.flatMap((page) => page.items) ?? [];
  const mine = all.find((review) => review.mine);

  return (
    <section id="reviews" aria-labelledby="reviews-title" className={styles.section}>
      <div className={styles.side}>
        <h2 id="reviews-title">{t.reviews.title}</h2>
        {summary && <Summary summary={summary} />}
        {account
          ? <WriteReview handle={handle} title={title} mine={mine} name={account.name} />
          : (
            <p className={styles.login}>
              {t.reviews.logInToWrite(<Link to={`/login?next=${encodeURIComponent(`/products/${handle}`)}`}>{t.shell.logIn}</Link>)}
            </p>
          )}
      </div>
      <div className={styles.list}>
        {reviews.isPending && <Loading label={t.reviews.loading}><Skeleton width="100%" height="10rem" /></Loading>}
        {reviews.isError && <Failure error={reviews.error} onRetry={() => void reviews.refetch()} title={t.reviews.notLoaded} />}
        {reviews.isSuccess && all.length === 0 && <p className={styles.none}>{t.reviews.none}</p>}
        {all.length > 1 && (
          <div className={styles.sort}>
            <label htmlFor="review-sort">{t.reviews.sortBy}</label>
            <select id="review-sort" value={sort} onChange={(event) => setSort(event.target.value === 'newest' ? 'newest' : 'helpful')}>
              <option value="helpful">{t.reviews.sorts.helpful}</option>
              <option value="newest">{t.reviews.sorts.newest}</option>
            </select>
          </div>
        )}
        {all.map((review) => <ReviewItem key={review.id} review={review} handle={handle} canVote={Boolean(account)} />)}
        {reviews.hasNextPage && (
          <Button look="secondary" busy={reviews.isFetchingNextPage} onClick={() => void reviews.fetchNextPage()}>
            {t.reviews.more}
          </Button>
        )}
      </div>
    </section>
  );
}

function Summary({ summary }: { summary: ReviewList['summary'] }) {
  const t = useMessages();
  const formats = useFormats();
  if (!summary.average || summary.count === 0) return null;
  const most = Math.max(...summary.histogram, 1);
  return (
    <div className={styles.summary}>
      <p className={styles.average}>
        <span className={styles.big}>{formats.decimal(shortAverage(summary.average))}</span>
        <span>
          <Stars value={summary.average} size={18} />
          <span className={styles.soft}>{t.reviews.count(summary.count)}</span>
        </span>
      </p>
      <table className={styles.histogram}>
        <caption className="visually-hidden">{t.reviews.breakdown}</caption>
        <tbody>
          {[5, 4, 3, 2, 1].map((stars) => {
            const count = summary.histogram[stars - 1] ?? 0;
            return (
              <tr key={stars}>
                <th scope="row">{stars} <span aria-hidden="true">★</span><span className="visually-hidden">{t.reviews.stars(stars)}</span></th>
                <td aria-hidden="true"><span className={styles.bar}><span style={{ width: `${(count * 100) / most}%` }} /></span></td>
                <td className="numeric">{count}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function WriteReview({ handle, title, mine, name }: { handle: string; title: string; mine: Review | undefined; name: string }) {
  const t = useMessages();
  const [open, setOpen] = useState(false);
  if (open) {
    return (
      <Suspense fallback={<Loading label={t.common.loading}><Skeleton width="100%" height="24rem" /></Loading>}>
        <ReviewForm handle={handle} title={title} mine={mine} name={name} onDone={() => setOpen(false)} />
      </Suspense>
    );
  }
  return <Button look="secondary" onClick={() => setOpen(true)}>{mine ? t.reviews.edit : t.reviews.write}</Button>;
}

function ReviewItem({ review, handle, canVote }: { review: Review; handle: string; canVote: boolean }) {
  const t = useMessages();
  const formats = useFormats();
  return (
    <article className={styles.review} aria-labelledby={`review-${review.id}`}>
      <header>
        <Stars value={review.score} />
        <span className="visually-hidden">{t.reviews.score(review.score)}</span>
        <h3 id={`review-${review.id}`}>{review.title}</h3>
      </header>
      <p className={styles.body}>{review.body}</p>
      <footer className={styles.soft}>
        <span>{review.mine ? t.reviews.you : review.author}</span>
        {review.verified && <span className={styles.verified}><Icon name="check" size={16} /> {t.reviews.verified}</span>}
        <time dateTime={review.created_at}>{formats.date(review.created_at)}</time>
        {review.mine
          ? review.helpful > 0 && <span>{t.reviews.foundHelpful(review.helpful)}</span>
          : <Helpful review={review} handle={handle} canVote={canVote} />}
      </footer>
    </article>
  );
}

function Helpful({ review, handle, canVote }: { review: Review; handle: string; canVote: boolean }) {
  const t = useMessages();
  const [marked, setMarked] = useState(false);
  const mark = useMarkHelpful(handle);
  const { notify } = useToasts();
  if (!canVote) return review.helpful > 0 ? <span>{t.reviews.foundHelpful(review.helpful)}</span> : null;
  const onClick = () =>
    mark.mutate({ id: review.id, helpful: !marked }, {
      onSuccess: () => setMarked(!marked),
      onError: (error) => notify({ kind: 'problem', text: messageOf(error, t) }),
    });
  return (
    <TextButton aria-pressed={marked} onClick={onClick}>
      {review.helpful > 0 ? t.reviews.helpfulCount(review.helpful) : t.reviews.helpful}
    </TextButton>
  );
}
