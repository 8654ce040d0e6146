//! An environment branch: the values of each service, and the record of what was delivered when.
//!
//! The branch is the only record. Each commit of this program says in trailers which version of which service it delivers and
//! from which revision of the source:
//!
//! ```text
//! Release: cart 0.1.4 5c1f…
//! ```
//!
//! A rollback repeats the revision that it takes back. The service is then built again when it differs from that revision, and
//! not by the next commit that has nothing to do with it.

use crate::git::{GitError, Push, Repository};
use crate::values::{self, Image, ValuesError};
use crate::version::Version;
use std::collections::BTreeMap;

/// The number of times that a change is tried when others push in between.
const MAX_ATTEMPTS: usize = 8;

/// A problem with an environment branch.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("{path} on {branch}: {source}")]
    Values { path: String, branch: String, source: ValuesError },
    #[error("{branch} has no {path}, so there is nowhere to write the tag of the service")]
    NoValues { path: String, branch: String },
    #[error("there is no branch {0} at the remote")]
    NoBranch(String),
    #[error("{branch} was changed by others {MAX_ATTEMPTS} times in a row; run this again")]
    TooBusy { branch: String },
}

/// An environment and its branch.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The name of the environment, such as `staging`.
    pub name: String,
    /// The branch that Argo CD follows.
    pub branch: String,
}

impl Environment {
    /// Creates the environment of this name, whose branch is `k8s/NAME`.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), branch: format!("k8s/{name}") }
    }

    /// Returns the path of the values of a service.
    pub fn path(&self, service: &str) -> String {
        format!("deploy/environments/{}/{service}.yaml", self.name)
    }

    /// Returns the reference of the branch at the remote.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }
}

/// The kind of a delivery, by the key of its trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Release,
    Rollback,
    Promotion,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Release, Self::Rollback, Self::Promotion];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "Release",
            Self::Rollback => "Rollback",
            Self::Promotion => "Promote",
        }
    }
}

/// A trailer that records a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    pub service: String,
    pub tag: String,
    /// The revision of the source up to which changes of the service are delivered or taken back.
    pub revision: String,
}

impl Record {
    fn parse(line: &str) -> Option<Self> {
        let (key, value) = line.split_once(": ")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == key)?;
        let mut words = value.split(' ').map(ToOwned::to_owned);
        Some(Self { kind, service: words.next()?, tag: words.next()?, revision: words.next()? })
    }

    /// Returns the trailer of a commit message.
    pub fn trailer(&self) -> String {
        format!("{}: {} {} {}", self.kind.as_str(), self.service, self.tag, self.revision)
    }
}

/// A tag that was deployed, and whether a rollback deployed it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Deployed {
    tag: String,
    is_rollback: bool,
}

/// An environment branch at one commit.
#[derive(Debug)]
pub struct State<'e> {
    environment: &'e Environment,
    /// The newest commit of the branch, or the source's own where there is no branch yet.
    pub tip: String,
    /// False until the first delivery creates the branch.
    pub exists: bool,
    records: Vec<Record>,
}

impl<'e> State<'e> {
    /// Reads the branch; where it does not exist, it begins at `start`.
    pub fn read(
        repository: &Repository<'_>,
        environment: &'e Environment,
        start: Option<&str>,
    ) -> Result<Self, EnvironmentError> {
        let found = repository.fetch(&environment.branch)?;
        let exists = found.is_some();
        let tip = found.or_else(|| start.map(ToOwned::to_owned));
        let tip = tip.ok_or_else(|| EnvironmentError::NoBranch(environment.branch.clone()))?;
        let log = if exists { repository.log(&tip, None)? } else { Vec::new() };
        let records = log.iter().flat_map(|(_, message)| message.lines().filter_map(Record::parse)).collect();
        Ok(Self { environment, tip, exists, records })
    }

    /// Returns the newest record of a service.
    pub fn record(&self, service: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.service == service)
    }

    /// Returns the highest version of a service that was ever recorded.
    pub fn highest(&self, service: &str) -> Option<Version> {
        let records = self.records.iter().filter(|record| record.service == service);
        records.filter_map(|record| record.tag.parse().ok()).max()
    }

    /// Returns the values of a service as they are.
    pub fn values(&self, repository: &Repository<'_>, service: &str) -> Result<String, EnvironmentError> {
        let path = self.environment.path(service);
        let branch = self.environment.branch.clone();
        repository.file(&self.tip, &path)?.ok_or(EnvironmentError::NoValues { path, branch })
    }

    /// Returns the image of a service.
    pub fn image(&self, repository: &Repository<'_>, service: &str) -> Result<Image, EnvironmentError> {
        let text = self.values(repository, service)?;
        values::image(&text).map_err(|source| self.unreadable(service, source))
    }

    /// Returns the values of a service with another tag.
    fn values_with(&self, text: &str, service: &str, tag: &str) -> Result<String, EnvironmentError> {
        values::with_tag(text, tag).map_err(|source| self.unreadable(service, source))
    }

    fn unreadable(&self, service: &str, source: ValuesError) -> EnvironmentError {
        let (path, branch) = (self.environment.path(service), self.environment.branch.clone());
        EnvironmentError::Values { path, branch, source }
    }

    /// Returns the tag that was deployed before the present one, or nothing if there was none.
    ///
    /// After a rollback to 0.1.3 this is the tag before 0.1.3 was released, and not the one that was rolled back.
    pub fn previous_tag(&self, repository: &Repository<'_>, service: &str) -> Result<Option<String>, EnvironmentError> {
        let mut deployed: Vec<Deployed> = Vec::new();
        for (commit, message) in repository.log(&self.tip, Some(&self.environment.path(service)))? {
            let Some(text) = repository.file(&commit, &self.environment.path(service))? else { continue };
            let Ok(image) = values::image(&text) else { continue };
            let mut records = message.lines().filter_map(Record::parse);
            let is_rollback = records.any(|record| record.service == service && record.kind == Kind::Rollback);
            // Commits that leave the tag as it is belong to the deployment before them.
            if deployed.last().is_some_and(|newer| newer.tag == image.tag && !newer.is_rollback) {
                deployed.pop();
            }
            deployed.push(Deployed { tag: image.tag, is_rollback });
        }
        Ok(before(&deployed).map(ToOwned::to_owned))
    }
}

/// Returns the tag before the present one, from all deployed ones, newest first.
fn before(deployed: &[Deployed]) -> Option<&str> {
    let present = &deployed.first()?.tag;
    let released = deployed.iter().position(|one| one.tag == *present && !one.is_rollback)?;
    deployed[released..].iter().map(|one| one.tag.as_str()).find(|tag| tag != present)
}

/// A change of an environment branch by one commit.
#[derive(Debug, Default)]
pub struct Change {
    /// The new tags by service.
    pub tags: BTreeMap<String, String>,
    /// A commit that is merged in, with its charts and values.
    pub merged: Option<String>,
    /// The message of the commit.
    pub message: String,
}

impl Change {
    /// Prints the change of each file, as a dry run does.
    fn print(&self, state: &State<'_>, files: &[(String, String, String)]) {
        if let Some(merged) = &self.merged {
            println!("would merge: {merged} into {}", state.environment.branch);
        }
        for (path, old, new) in files {
            println!("would change: {path}");
            for (old, new) in old.lines().zip(new.lines()).filter(|(old, new)| old != new) {
                println!("  -{old}\n  +{new}");
            }
        }
        println!("would commit to {}:", state.environment.branch);
        self.message.lines().for_each(|line| println!("  {line}"));
    }

    /// Creates the commit on top of a state, and returns it.
    pub fn commit(
        &self,
        repository: &Repository<'_>,
        state: &State<'_>,
        is_dry_run: bool,
    ) -> Result<String, EnvironmentError> {
        let base = match &self.merged {
            Some(merged) if state.exists => repository.merged_tree(&state.tip, merged)?,
            _ => state.tip.clone(),
        };
        let mut files = Vec::new();
        for (service, tag) in &self.tags {
            let path = state.environment.path(service);
            let branch = || state.environment.branch.clone();
            let missing = || EnvironmentError::NoValues { path: path.clone(), branch: branch() };
            let old = repository.file(&base, &path)?.ok_or_else(missing)?;
            let new = state.values_with(&old, service, tag)?;
            files.push((path, old, new));
        }
        if is_dry_run {
            self.print(state, &files);
            return Ok("COMMIT".to_owned());
        }
        let written: Vec<_> = files.into_iter().map(|(path, _, new)| (path, new)).collect();
        let tree = repository.tree_with(&base, &written)?;
        let merged = self.merged.as_deref().filter(|_| state.exists);
        let parents: Vec<&str> = std::iter::once(state.tip.as_str()).chain(merged).collect();
        Ok(repository.commit(&tree, &parents, &self.message)?)
    }
}

/// Changes a branch by compare-and-swap: when others have pushed in between, the change is decided anew from what they left.
/// `decide` returns nothing when there is nothing left to change.
pub fn update<E: From<EnvironmentError> + From<GitError>>(
    repository: &Repository<'_>,
    environment: &Environment,
    start: Option<&str>,
    is_dry_run: bool,
    mut decide: impl FnMut(&State<'_>) -> Result<Option<Change>, E>,
) -> Result<Option<String>, E> {
    for _ in 0..MAX_ATTEMPTS {
        let state = State::read(repository, environment, start)?;
        let Some(change) = decide(&state)? else { return Ok(None) };
        let commit = change.commit(repository, &state, is_dry_run)?;
        if is_dry_run {
            repository.announce_push(&commit, &environment.reference());
            return Ok(Some(commit));
        }
        match repository.push(&commit, &environment.reference())? {
            Push::Accepted => return Ok(Some(commit)),
            Push::Rejected => eprintln!("{} has changed in between; deciding again", environment.branch),
        }
    }
    Err(EnvironmentError::TooBusy { branch: environment.branch.clone() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployed(tags: &[&str]) -> Vec<Deployed> {
        let parse =
            |tag: &&str| Deployed { tag: tag.trim_start_matches('<').to_owned(), is_rollback: tag.starts_with('<') };
        tags.iter().map(parse).collect()
    }

    #[test]
    fn the_tag_before_the_present_one_is_found() {
        assert_eq!(before(&deployed(&["3", "2", "1"])), Some("2"));
        assert_eq!(before(&deployed(&["<2", "3", "2", "1"])), Some("1"), "after a rollback it goes further back");
        assert_eq!(before(&deployed(&["4", "<2", "3", "2", "1"])), Some("2"), "what was rolled back is left out");
        assert_eq!(before(&deployed(&["1"])), None);
        assert_eq!(before(&[]), None);
    }

    #[test]
    fn a_record_is_what_its_trailer_says() {
        let record =
            Record { kind: Kind::Rollback, service: "cart".into(), tag: "0.1.3".into(), revision: "5c1f".into() };
        assert_eq!(Record::parse(&record.trailer()), Some(record));
        assert_eq!(Record::parse("Signed-off-by: someone"), None);
    }
}
