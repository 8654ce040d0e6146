import { useRatings } from '../api/ratings';
import type { ProductCard as Card } from '../api/types';
import { Loading, Skeleton } from '../components/States';
import { useMessages } from '../messages/messages';
import { ProductCard } from './ProductCard';
import styles from './ProductGrid.module.css';

interface ProductGridProps {
  products: Card[];
  /** The number of images above the fold, which load at once. */
  eager?: number;
  heading?: 'h2' | 'h3';
  narrow?: boolean;
}

export function ProductGrid({ products, eager = 0, heading = 'h3', narrow = false }: ProductGridProps) {
  return (
    <ul className={gridClass(narrow)}>
      {chunks(products).map((chunk) => (
        <Chunk key={chunk[0]?.id} products={chunk} eager={eager} heading={heading} first={products[0]} />
      ))}
    </ul>
  );
}

function gridClass(narrow: boolean): string | undefined {
  return narrow ? `${styles.grid} ${styles.narrow}` : styles.grid;
}

const CHUNK = 24;

/** Splits products into pages of ratings requests, so that "Load more" does not request the earlier ratings again. */
function chunks(products: Card[]): Card[][] {
  const all: Card[][] = [];
  for (let start = 0; start < products.length; start += CHUNK) all.push(products.slice(start, start + CHUNK));
  return all;
}

interface ChunkProps {
  products: Card[];
  eager: number;
  heading: 'h2' | 'h3';
  first: Card | undefined;
}

function Chunk({ products, eager, heading, first }: ChunkProps) {
  const { data: ratings } = useRatings(products.map((product) => product.id));
  return products.map((product, index) => (
    <li key={product.id}>
      <ProductCard
        product={product}
        rating={ratings?.get(product.id)}
        eager={products[0] === first && index < eager}
        heading={heading}
      />
    </li>
  ));
}

export function GridSkeleton({ count = 8, narrow = false }: { count?: number; narrow?: boolean }) {
  const t = useMessages();
  return (
    <Loading label={t.catalogue.loadingProducts}>
      <ul className={gridClass(narrow)} aria-hidden="true">
        {Array.from({ length: count }, (_, index) => (
          <li key={index}>
            <Skeleton style={{ aspectRatio: '1' }} />
            <Skeleton width="70%" height="1.1rem" style={{ marginTop: '0.75rem' }} />
            <Skeleton width="40%" height="1rem" style={{ marginTop: '0.4rem' }} />
          </li>
        ))}
      </ul>
    </Loading>
  );
}
