//! Deploys a version again that was deployed before.

use crate::environment::{Change, Environment, EnvironmentError, Kind, Record, update};
use crate::git::{GitError, Repository};
use crate::images::{ImageError, ImageSettings, Images};
use crate::process::Tools;
use std::collections::BTreeMap;

/// A rollback that is refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("{service} has no version before {tag} on {branch}")]
    NothingBefore { service: String, tag: String, branch: String },
    #[error("{service} already runs {tag}")]
    AlreadyThere { service: String, tag: String },
}

/// A rollback of one service.
#[derive(Debug)]
pub struct Rollback<'a> {
    pub tools: &'a Tools,
    pub repository: &'a Repository<'a>,
    pub images: &'a ImageSettings,
    pub environment: Environment,
    pub service: String,
    /// The tag to deploy; the previous one without it.
    pub to: Option<String>,
}

impl Rollback<'_> {
    /// Deploys the previous version, and returns its tag.
    pub fn run(&self) -> Result<String, RollbackError> {
        self.repository.require_history().map_err(EnvironmentError::from)?;
        let service = &self.service;
        let mut deployed = String::new();
        update(self.repository, &self.environment, None, self.tools.is_dry_run(), |state| {
            let image = state.image(self.repository, service)?;
            let tag = match &self.to {
                Some(tag) => tag.clone(),
                None => state.previous_tag(self.repository, service)?.ok_or_else(|| RollbackError::NothingBefore {
                    service: service.clone(),
                    tag: image.tag.clone(),
                    branch: self.environment.branch.clone(),
                })?,
            };
            if tag == image.tag {
                return Err(RollbackError::AlreadyThere { service: service.clone(), tag });
            }
            Images { tools: self.tools, settings: self.images }.require(image.reference(&tag))?;
            // Without a record, everything up to the branch's own source is taken back.
            let revision = state.record(service).map_or_else(|| state.tip.clone(), |record| record.revision.clone());
            let record = Record { kind: Kind::Rollback, service: service.clone(), tag: tag.clone(), revision };
            let subject = format!("{}: roll {service} back to {tag}", self.environment.name);
            let message = format!("{subject}\n\nIt ran {} before.\n\n{}\n", image.tag, record.trailer());
            deployed.clone_from(&tag);
            Ok(Some(Change { tags: BTreeMap::from([(service.clone(), tag)]), merged: None, message }))
        })?;
        Ok(deployed)
    }
}
