import type { AttemptStore } from './attempt';

const memory = new Map<string, string>();

/** sessionStorage, or memory where the browser forbids storage: then a reload forgets, no more. */
export const tabStore: AttemptStore = {
  getItem(key) {
    try {
      return sessionStorage.getItem(key) ?? memory.get(key) ?? null;
    } catch {
      return memory.get(key) ?? null;
    }
  },
  setItem(key, value) {
    try {
      sessionStorage.setItem(key, value);
    } catch {
      memory.set(key, value);
    }
  },
  removeItem(key) {
    memory.delete(key);
    try {
      sessionStorage.removeItem(key);
    } catch {
      // It was in memory only.
    }
  },
};
