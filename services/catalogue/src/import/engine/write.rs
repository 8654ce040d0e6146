//! Writes what differs, with its stock.

use super::compare::remote_images;
use super::{Candidate, Engine, Outcome};
use crate::import::columns::Column;
use crate::import::patch::Patch;
use crate::import::{ImportError, Issue, Severity};
use crate::product::Product;
use crate::stock::{Adjusted, Adjustment};
use crate::store::{NewSku, Once, Written};
use chassis::{StoreError, secret};
use contracts::Sku;
use contracts::catalogue::AdjustmentKind;
use std::collections::HashMap;

/// How often a product is tried that somebody else writes at the same moment.
const TRIES: usize = 5;

impl Engine<'_> {
    pub(super) async fn write(&mut self, outcomes: Vec<Outcome>) -> Result<(), ImportError> {
        let (mut writing, mut unchanged) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome {
                Outcome::Skipped => self.summary.counts.skipped += 1,
                Outcome::Unchanged(candidate) => unchanged.push(candidate),
                Outcome::Write(candidate) => writing.push(candidate),
            }
        }
        self.summary.counts.unchanged += unchanged.len() as u64;
        if self.settings.dry_run {
            self.new_categories.clear();
            for candidate in &writing {
                self.count(candidate);
            }
            return Ok(());
        }
        if !self.new_categories.is_empty() {
            self.catalogue.products.make_categories(&std::mem::take(&mut self.new_categories)).await?;
        }
        let mut stock: Vec<(String, Sku, u32, u64)> = Vec::new();
        let note = |stock: &mut Vec<_>, candidate: &mut Candidate| {
            let handle = &candidate.patch.handle;
            stock.extend(candidate.stock.drain(..).map(|(sku, count, line)| (handle.clone(), sku, count, line)));
        };
        for candidate in &mut unchanged {
            note(&mut stock, candidate);
        }
        for (mut candidate, written) in self.keep(writing).await? {
            let kept = match written {
                Written::Done => true,
                Written::Stale => match self.try_again(&candidate.patch, candidate.scattered).await? {
                    Some(another) => {
                        candidate = another;
                        true
                    }
                    None => false,
                },
                Written::SkuTaken(sku) => {
                    let reason = format!("{sku} belongs to another product since a moment ago");
                    let patch = &candidate.patch;
                    self.issues.push(patch.fault(patch.line, patch.column(Column::Sku), reason));
                    false
                }
            };
            if kept {
                self.count(&candidate);
                note(&mut stock, &mut candidate);
            } else {
                self.summary.counts.skipped += 1;
            }
        }
        if self.settings.set_stock {
            self.set_stock(stock).await?;
        }
        self.catalogue.follower.notify();
        Ok(())
    }

    const fn count(&mut self, candidate: &Candidate) {
        let counts = &mut self.summary.counts;
        if candidate.is_new {
            counts.created += 1;
        } else {
            counts.updated += 1;
        }
    }

    /// Writes levels, then products: a level without a product hurts nobody.
    async fn keep(&self, candidates: Vec<Candidate>) -> Result<Vec<(Candidate, Written)>, StoreError> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let mut levels = Vec::new();
        for candidate in &candidates {
            let counts: HashMap<&Sku, u32> = candidate.stock.iter().map(|(sku, count, _)| (sku, *count)).collect();
            levels.extend(candidate.product.variants.iter().map(|variant| NewSku {
                sku: variant.sku.clone(),
                oversell: variant.oversell,
                initial: counts.get(&variant.sku).copied().map_or(0, i64::from),
            }));
        }
        self.catalogue.stock.ensure(&levels, &self.settings.author, self.catalogue.system.now()).await?;
        let products: Vec<Product> = candidates.iter().map(|candidate| candidate.product.clone()).collect();
        let written = self.catalogue.products.write_all(&products).await?;
        Ok(candidates.into_iter().zip(written).collect())
    }

    /// Somebody else wrote the product between reading and writing: read it again.
    async fn try_again(&mut self, patch: &Patch, scattered: bool) -> Result<Option<Candidate>, ImportError> {
        let told = self.issues.len();
        for _ in 0..TRIES {
            // What was wrong the first time was told the first time.
            self.issues.truncate(told);
            let before = self.catalogue.products.by_handle(&patch.handle).await?;
            let known = self.catalogue.products.known_images(&remote_images(std::slice::from_ref(patch))).await?;
            let Some(made) = self.build(patch, before.as_ref(), scattered, &known) else { return Ok(None) };
            let skus: Vec<Sku> = made.draft.variants.iter().map(|variant| variant.sku.clone()).collect();
            let mut owners = self.catalogue.products.owners(&skus).await?;
            match self.judge(patch.clone(), scattered, made, before.as_ref(), &mut owners) {
                Outcome::Skipped => return Ok(None),
                Outcome::Unchanged(candidate) => {
                    self.issues.truncate(told);
                    return Ok(Some(candidate));
                }
                Outcome::Write(candidate) => {
                    self.issues.truncate(told);
                    if let Some((candidate, Written::Done)) = self.keep(vec![candidate]).await?.pop() {
                        return Ok(Some(candidate));
                    }
                }
            }
        }
        self.issues.push(patch.fault(
            patch.line,
            "",
            "is written by somebody else all the time; import the file again",
        ));
        Ok(None)
    }

    /// Corrects stock, once per run and SKU.
    async fn set_stock(&mut self, stock: Vec<(String, Sku, u32, u64)>) -> Result<(), ImportError> {
        let skus: Vec<Sku> = stock.iter().map(|(_, sku, ..)| sku.clone()).collect();
        let levels = self.catalogue.stock.levels(&skus).await?;
        for (handle, sku, count, line) in stock {
            let on_hand = levels.get(&sku).map_or(0, |level| level.on_hand);
            let digest = secret::sha256_hex(format!("{}\u{1f}{sku}", self.run.id).as_bytes());
            let key = format!("import:{}", digest.get(..40).unwrap_or_default());
            let counted = Adjustment {
                sku,
                change: i64::from(count) - on_hand,
                kind: AdjustmentKind::Counted,
                note: "import".to_owned(),
                force: false,
                author: self.settings.author.clone(),
                at: self.catalogue.system.now(),
            };
            match self.catalogue.stock.adjust(&counted, Once::Key(&key)).await? {
                Adjusted::Done => self.summary.counts.stock_set += 1,
                _ => self.issues.push(Issue {
                    line,
                    column: "Variant Inventory Qty".to_owned(),
                    handle: Some(handle),
                    severity: Severity::Error,
                    reason: format!("stock cannot be {count}: more of {} is promised to orders", counted.sku),
                }),
            }
        }
        Ok(())
    }
}
