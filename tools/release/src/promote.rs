//! Brings what one environment runs into the next one.

use crate::environment::{Change, Environment, EnvironmentError, Kind, Record, State, update};
use crate::git::{GitError, Push, Repository};
use crate::images::{ImageError, ImageSettings, Images};
use crate::process::Tools;
use crate::publish::Versions;

/// A promotion that is refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum PromoteError {
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("{service} is pulled from {from} in one environment and from {to} in the other; copy the image first")]
    OtherRepository { service: String, from: String, to: String },
    #[error("{0} exists already: the same promotion was proposed before")]
    AlreadyProposed(String),
}

/// A promotion between two environments.
#[derive(Debug)]
pub struct Promote<'a> {
    pub tools: &'a Tools,
    pub repository: &'a Repository<'a>,
    pub images: &'a ImageSettings,
    pub from: Environment,
    pub to: Environment,
    pub services: Vec<String>,
    /// Push to the environment branch itself, because the approval was given elsewhere.
    pub is_approved: bool,
}

impl Promote<'_> {
    /// Prints and pushes what the promotion changes: to a branch for a pull request, or to the environment.
    pub fn run(&self) -> Result<Option<String>, PromoteError> {
        self.repository.require_history()?;
        let from = State::read(self.repository, &self.from, None)?;
        if self.is_approved {
            let decide = |to: &State<'_>| self.change(&from, to);
            return update(self.repository, &self.to, Some(&from.tip), self.tools.is_dry_run(), decide);
        }
        let to = State::read(self.repository, &self.to, Some(&from.tip))?;
        let Some(change) = self.change(&from, &to)? else { return Ok(None) };
        let branch = format!("promote/{}-{:.12}", self.to.name, from.tip);
        if self.repository.fetch(&branch)?.is_some() {
            return Err(PromoteError::AlreadyProposed(branch));
        }
        let commit = change.commit(self.repository, &to, self.tools.is_dry_run())?;
        let reference = format!("refs/heads/{branch}");
        if self.tools.is_dry_run() {
            self.repository.announce_push(&commit, &reference);
        } else if self.repository.push(&commit, &reference)? == Push::Rejected {
            return Err(PromoteError::AlreadyProposed(branch));
        }
        println!("open a pull request from {branch} to {} and merge it with a merge commit", self.to.branch);
        Ok(Some(commit))
    }

    fn change(&self, from: &State<'_>, to: &State<'_>) -> Result<Option<Change>, PromoteError> {
        let mut tags = Versions::new();
        let mut trailers = Vec::new();
        for service in &self.services {
            let (theirs, ours) = (from.image(self.repository, service)?, to.image(self.repository, service)?);
            if theirs.tag == ours.tag {
                println!("{service} {}: unchanged", ours.tag);
                continue;
            }
            if theirs.repository != ours.repository {
                let (from, to) = (theirs.repository, ours.repository);
                return Err(PromoteError::OtherRepository { service: service.clone(), from, to });
            }
            Images { tools: self.tools, settings: self.images }.require(theirs.reference(&theirs.tag))?;
            println!("{service}: {} -> {}", ours.tag, theirs.tag);
            let revision = from.record(service).map_or_else(|| from.tip.clone(), |record| record.revision.clone());
            let record = Record { kind: Kind::Promotion, service: service.clone(), tag: theirs.tag.clone(), revision };
            trailers.push(record.trailer());
            tags.insert(service.clone(), theirs.tag);
        }
        let is_merged = !to.exists || self.repository.is_ancestor(&from.tip, &to.tip)?;
        if tags.is_empty() && is_merged {
            println!("{} runs what {} runs", self.to.name, self.from.name);
            return Ok(None);
        }
        let merged = (!is_merged).then(|| from.tip.clone());
        let subject = format!("{}: promote {} services from {}", self.to.name, tags.len(), self.from.name);
        trailers.push(format!("Source: {}", from.tip));
        Ok(Some(Change { tags, merged, message: format!("{subject}\n\n{}\n", trailers.join("\n")) }))
    }
}
