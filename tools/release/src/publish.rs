//! Builds what differs from the environment, and delivers it.

use crate::affected::{self, AffectedError};
use crate::environment::{Change, Environment, EnvironmentError, Kind, Record, State, update};
use crate::git::{GitError, Push, Repository};
use crate::images::{Build, ImageError, ImageSettings, Images};
use crate::process::Tools;
use crate::values::Image;
use crate::version::{Version, VersionError};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// The folders of the source that Argo CD reads from the environment branch.
const DELIVERED: &[&str] = &["deploy/charts/", "deploy/environments/", "deploy/argocd/", "valuefiles/", "kops/"];
/// The number of versions that are tried, so that a registry that claims to have everything ends the search.
const MAX_VERSIONS: usize = 1000;

/// A release that failed. Nothing of it is deployed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error(transparent)]
    Affected(#[from] AffectedError),
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error("the tag of {service}: {source}")]
    Version { service: String, source: VersionError },
    #[error(
        "{service} was delivered from {deployed}, which is neither in the history of {revision} nor after it. \
         Release a revision that contains it, or name the service with --rebuild to replace it."
    )]
    Diverged { service: String, deployed: String, revision: String },
    #[error("no free version of {service} was found after {last}")]
    NoVersion { service: String, last: Version },
    #[error("a temporary folder could not be made: {0}")]
    Temporary(#[from] std::io::Error),
}

/// The service to build and its version.
#[derive(Debug, Clone)]
struct Planned {
    image: Image,
    version: Version,
    reasons: Vec<String>,
}

/// A release of one revision to one environment.
#[derive(Debug)]
pub struct Publish<'a> {
    pub tools: &'a Tools,
    pub repository: &'a Repository<'a>,
    pub images: &'a ImageSettings,
    pub environment: Environment,
    /// The full id of the commit to release.
    pub revision: String,
    /// Services that are built whatever has changed; all of them if one is `all`.
    pub rebuild: Vec<String>,
    /// The address of this build, for the record.
    pub build_url: Option<String>,
}

/// The versions by service that a release delivers.
pub type Versions = BTreeMap<String, String>;

impl Publish<'_> {
    /// Runs the release; `announce` is called with the versions before the first build.
    pub fn run(&self, mut announce: impl FnMut(&Versions)) -> Result<Versions, PublishError> {
        self.repository.require_history()?;
        let state = State::read(self.repository, &self.environment, Some(&self.revision))?;
        let planned = self.plan(&state)?;
        let versions: Versions =
            planned.iter().map(|(service, planned)| (service.clone(), planned.version.to_string())).collect();
        if !planned.is_empty() {
            announce(&versions);
            let context = tempfile::tempdir()?;
            // The build sees what was committed, and not what else is in the clone.
            self.repository.export(&self.revision, context.path())?;
            for (service, planned) in &planned {
                println!("{service} {}: {}", planned.version, planned.reasons.join(", "));
                let version = planned.version.to_string();
                let repository = &planned.image.repository;
                let build =
                    Build { service, repository, version: &version, revision: &self.revision, context: context.path() };
                Images { tools: self.tools, settings: self.images }.publish(&build)?;
            }
        }
        self.deliver(&versions)
    }

    /// Decides what to build, with a version for each service that no other run can get.
    fn plan(&self, state: &State<'_>) -> Result<BTreeMap<String, Planned>, PublishError> {
        let here = affected::between(self.tools, self.repository, &self.revision, &self.revision)?;
        let mut compared: BTreeMap<String, affected::Affected> = BTreeMap::new();
        let mut planned = BTreeMap::new();
        for service in here.unaffected {
            let reasons = match self.base(state, &service)? {
                Base::Build(reason) => vec![reason],
                Base::Nothing(reason) => {
                    println!("{service}: {reason}");
                    continue;
                }
                Base::Compare(base) => {
                    if !compared.contains_key(&base) {
                        let affected = affected::between(self.tools, self.repository, &base, &self.revision)?;
                        compared.insert(base.clone(), affected);
                    }
                    compared.get(&base).and_then(|found| found.affected.get(&service)).cloned().unwrap_or_default()
                }
            };
            if reasons.is_empty() {
                println!("{service}: unchanged");
                continue;
            }
            let image = state.image(self.repository, &service)?;
            let version = self.reserve(state, &service, &image)?;
            planned.insert(service, Planned { image, version, reasons });
        }
        Ok(planned)
    }

    /// Returns the revision with which a service is compared.
    fn base(&self, state: &State<'_>, service: &str) -> Result<Base, PublishError> {
        let Some(record) = state.record(service) else {
            return Ok(Base::Build("the first release".to_owned()));
        };
        Ok(match self.order(service, record) {
            Err(PublishError::Diverged { .. }) | Ok(Order::Same | Order::Older) if self.is_rebuilt(service) => {
                Base::Build("requested by --rebuild".to_owned())
            }
            order => Self::base_of(order?, record),
        })
    }

    fn base_of(order: Order, record: &Record) -> Base {
        match order {
            Order::Same => Base::Nothing(format!("{} is from this revision", record.tag)),
            Order::Newer => Base::Nothing(format!("{} is from a newer revision", record.tag)),
            Order::Older => Base::Compare(record.revision.clone()),
        }
    }

    /// Returns how the delivered revision of a service relates to the one of this release.
    fn order(&self, service: &str, record: &Record) -> Result<Order, PublishError> {
        let (deployed, revision) = (&record.revision, &self.revision);
        if deployed == revision {
            return Ok(Order::Same);
        }
        // A run for a newer revision may have delivered it after this clone was made.
        if !self.repository.has(deployed)? {
            self.repository.fetch_all()?;
        }
        if self.repository.has(deployed)? {
            if self.repository.is_ancestor(deployed, revision)? {
                return Ok(Order::Older);
            }
            if self.repository.is_ancestor(revision, deployed)? {
                return Ok(Order::Newer);
            }
        }
        let (deployed, revision) = (deployed.clone(), revision.clone());
        Err(PublishError::Diverged { service: service.to_owned(), deployed, revision })
    }

    /// Finds the next version that neither the registry has nor another run has reserved, and reserves it by a tag in git.
    ///
    /// A registry would let two runs push one tag, and git does not.
    fn reserve(&self, state: &State<'_>, service: &str, image: &Image) -> Result<Version, PublishError> {
        let parse = |source| PublishError::Version { service: service.to_owned(), source };
        let deployed: Version = image.tag.parse().map_err(parse)?;
        let mut version = state.highest(service).map_or(deployed, |highest| highest.max(deployed));
        let images = Images { tools: self.tools, settings: self.images };
        for _ in 0..MAX_VERSIONS {
            version = version.next_patch();
            if !images.exists(&image.reference(version))? && self.reserve_tag(service, version)? {
                return Ok(version);
            }
        }
        Err(PublishError::NoVersion { service: service.to_owned(), last: version })
    }

    fn reserve_tag(&self, service: &str, version: Version) -> Result<bool, PublishError> {
        let name = format!("{service}-v{version}");
        let reference = format!("refs/tags/{name}");
        if self.tools.is_dry_run() {
            self.repository.announce_push("TAG", &reference);
            return Ok(true);
        }
        // Two runs for one revision would otherwise make the same object, and both would be accepted.
        let nonce = RandomState::new().build_hasher().finish();
        let build = self.build_url.as_deref().unwrap_or("-");
        let tag = self.repository.tag_object(
            &self.revision,
            &name,
            &format!("{service} {version}\n\nBuild: {build}\nRun: {nonce:016x}"),
        )?;
        Ok(self.repository.push(&tag, &reference)? == Push::Accepted)
    }

    /// Writes the tags by one commit. A service that meanwhile was delivered from a newer revision is left as it is.
    fn deliver(&self, versions: &Versions) -> Result<Versions, PublishError> {
        let mut delivered = Versions::new();
        update(self.repository, &self.environment, Some(&self.revision), self.tools.is_dry_run(), |state| {
            delivered = Versions::new();
            for (service, version) in versions {
                let order = state.record(service).map(|record| self.order(service, record));
                match order {
                    Some(Ok(order)) if order == Order::Newer || (order == Order::Same && !self.is_rebuilt(service)) => {
                        println!("{service} {version} is not delivered: this or a newer revision is already");
                    }
                    Some(Err(error)) if !self.is_rebuilt(service) => return Err(error),
                    _ => _ = delivered.insert(service.clone(), version.clone()),
                }
            }
            let merged = self.to_merge(state)?;
            if delivered.is_empty() && merged.is_none() {
                return Ok(None);
            }
            let message = self.message(&delivered);
            Ok::<_, PublishError>(Some(Change { tags: delivered.clone(), merged, message }))
        })?;
        Ok(delivered)
    }

    /// Returns true for a service that is built and delivered whatever was delivered before.
    fn is_rebuilt(&self, service: &str) -> bool {
        self.rebuild.iter().any(|name| name == service || name == "all")
    }

    /// Returns the revision if charts or values of it are missing on the branch.
    fn to_merge(&self, state: &State<'_>) -> Result<Option<String>, PublishError> {
        if !state.exists {
            return Ok(None);
        }
        let Some(base) = self.repository.merge_base(&state.tip, &self.revision)? else { return Ok(None) };
        let changed = self.repository.changed_paths(&base, &self.revision)?;
        let is_delivered = |path: &String| DELIVERED.iter().any(|folder| path.starts_with(folder));
        Ok(changed.iter().any(is_delivered).then(|| self.revision.clone()))
    }

    fn message(&self, delivered: &Versions) -> String {
        let Environment { name, .. } = &self.environment;
        let subject = match delivered.len() {
            0 => format!("{name}: update charts and values"),
            1..=2 => {
                let names: Vec<_> = delivered.iter().map(|(service, version)| format!("{service} {version}")).collect();
                format!("{name}: release {}", names.join(" and "))
            }
            count => format!("{name}: release {count} services"),
        };
        let records = delivered.iter().map(|(service, tag)| Record {
            kind: Kind::Release,
            service: service.clone(),
            tag: tag.clone(),
            revision: self.revision.clone(),
        });
        let mut lines: Vec<String> = records.map(|record| record.trailer()).collect();
        lines.push(format!("Source: {}", self.revision));
        lines.extend(self.build_url.as_ref().map(|url| format!("Build: {url}")));
        format!("{subject}\n\n{}\n", lines.join("\n"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Older,
    Same,
    Newer,
}

enum Base {
    Build(String),
    Compare(String),
    Nothing(String),
}
