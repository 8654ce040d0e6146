//! What a dry run remembers, since nothing that it reads is written: which handles and SKUs came before.

use chassis::secret;
use contracts::Sku;
use std::collections::{HashMap, HashSet};

/// Above this the rest is compared with the store alone. About 32 bytes each.
const MOST: usize = 1 << 20;

/// Handles and SKUs of a dry run, as digests.
#[derive(Default)]
pub struct Rehearsal {
    handles: HashSet<u64>,
    owners: HashMap<u64, u64>,
}

fn digest(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = secret::sha256(text.as_bytes());
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Rehearsal {
    /// Whether the handle came before.
    pub fn has_seen(&self, handle: &str) -> bool {
        self.handles.contains(&digest(handle))
    }

    /// Remembers a handle.
    pub fn see(&mut self, handle: &str) {
        if self.handles.len() < MOST {
            self.handles.insert(digest(handle));
        }
    }

    /// Whether the SKU came before, with another handle; remembers it otherwise.
    pub fn is_taken(&mut self, sku: &Sku, handle: &str) -> bool {
        let (sku, handle) = (digest(sku.as_str()), digest(handle));
        match self.owners.get(&sku) {
            Some(owner) => *owner != handle,
            None => {
                if self.owners.len() < MOST {
                    self.owners.insert(sku, handle);
                }
                false
            }
        }
    }
}
