import { useState, type FormEvent } from 'react';
import { messageOf } from '../api/problem';
import { useDeleteReview, useWriteReview } from '../api/ratings';
import type { Review } from '../api/types';
import { Button } from '../components/Button';
import { ErrorSummary, TextArea, TextField, type FieldError } from '../components/Field';
import { errorsOf } from '../components/form-errors';
import { useToasts } from '../components/Toasts';
import styles from './ReviewForm.module.css';

const FIELDS = { '/title': 'review-title', '/body': 'review-body', '/score': 'review-score-5', '/author': 'review-author' };

const SCORE_LABELS = ['Poor', 'Fair', 'Good', 'Very good', 'Excellent'];

interface ReviewFormProps {
  handle: string;
  title: string;
  mine: Review | undefined;
  /** The account's name, the default for the display name. */
  name: string;
  onDone: () => void;
}

export function ReviewForm({ handle, title, mine, name, onDone }: ReviewFormProps) {
  const [score, setScore] = useState(mine?.score ?? 0);
  const [headline, setHeadline] = useState(mine?.title ?? '');
  const [body, setBody] = useState(mine?.body ?? '');
  const [author, setAuthor] = useState(mine?.author ?? name);
  const [errors, setErrors] = useState<FieldError[]>([]);
  const write = useWriteReview(handle);
  const remove = useDeleteReview(handle);
  const { notify } = useToasts();
  const errorOf = (field: string) => errors.find((error) => error.field === field)?.message;

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const found: FieldError[] = [];
    if (score === 0) found.push({ field: FIELDS['/score'], message: 'Choose a star rating.' });
    if (headline.trim() === '') found.push({ field: FIELDS['/title'], message: 'Enter a headline.' });
    if (author.trim() === '') found.push({ field: FIELDS['/author'], message: 'Enter a display name.' });
    setErrors(found);
    if (found.length > 0) return;
    write.mutate({ score, title: headline.trim(), body: body.trim(), author: author.trim() }, {
      onSuccess: (review) => {
        notify({ text: review.state === 'pending' ? 'Thanks! Your review will appear once we have approved it.' : 'Thanks for your review!' });
        onDone();
      },
      onError: (error) => setErrors(errorsOf(error, FIELDS)),
    });
  };

  const onRemove = () =>
    remove.mutate(undefined, {
      onSuccess: () => {
        notify({ text: 'Review deleted.' });
        onDone();
      },
      onError: (error) => notify({ kind: 'problem', text: messageOf(error) }),
    });

  return (
    <form className={styles.form} onSubmit={onSubmit} noValidate aria-label={`Your review of ${title}`}>
      <ErrorSummary errors={errors} />
      <fieldset>
        <legend className={styles.legend}>Your rating</legend>
        <div className={styles.stars}>
          {[5, 4, 3, 2, 1].map((stars) => (
            <label key={stars} className={stars <= score ? styles.lit : undefined}>
              <input type="radio" id={`review-score-${stars}`} name="score" checked={score === stars} onChange={() => setScore(stars)} />
              <span aria-hidden="true">★</span>
              <span className="visually-hidden">{stars} {stars === 1 ? 'star' : 'stars'}: {SCORE_LABELS[stars - 1]}</span>
            </label>
          ))}
        </div>
        <p className={styles.word} aria-hidden="true">{SCORE_LABELS[score - 1] ?? 'Choose 1 to 5 stars'}</p>
      </fieldset>
      <TextField id="review-title" label="Headline" value={headline} maxLength={120} required error={errorOf('review-title')} onChange={(event) => setHeadline(event.target.value)} />
      <TextArea id="review-body" label="Your review" optional value={body} maxLength={5000} error={errorOf('review-body')} onChange={(event) => setBody(event.target.value)} />
      <TextField id="review-author" label="Display name" hint="For example, your first name or initials." value={author} maxLength={60} required error={errorOf('review-author')} onChange={(event) => setAuthor(event.target.value)} />
      <div className={styles.actions}>
        <Button type="submit" busy={write.isPending}>{mine ? 'Save review' : 'Submit review'}</Button>
        <Button look="quiet" onClick={onDone}>Cancel</Button>
        {mine && <Button look="quiet" busy={remove.isPending} onClick={onRemove}>Delete</Button>}
      </div>
    </form>
  );
}
