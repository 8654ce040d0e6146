//! The clone of the source, and commits that are made without touching its working tree.

use crate::process::{Call, ToolError, Tools};
use std::path::{Path, PathBuf};

/// The author of the commits on environment branches.
#[derive(Debug, Clone)]
pub struct Author {
    pub name: String,
    pub email: String,
}

/// A clone and its remote.
#[derive(Debug)]
pub struct Repository<'a> {
    tools: &'a Tools,
    root: PathBuf,
    remote: String,
    author: Author,
}

/// A problem with the repository.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Ancestry cannot be decided without the whole history.
    #[error("This clone is shallow, and releases compare revisions. Fetch the whole history: `git fetch --unshallow`.")]
    Shallow,
    /// The merge needs a person.
    #[error(
        "{ours} and {theirs} cannot be merged without a person: {conflicts}\nMerge them by hand, and run this again."
    )]
    Conflict { ours: String, theirs: String, conflicts: String },
    /// A temporary file could not be made.
    #[error("a temporary folder could not be made: {0}")]
    Temporary(#[from] std::io::Error),
}

/// The answer of the remote to a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Push {
    Accepted,
    /// The reference has changed in between, or exists already.
    Rejected,
}

/// The reasons by which git refuses a push because someone else was first.
const OVERTAKEN: &[&str] = &[
    "fetch first",
    "non-fast-forward",
    "already exists",
    "cannot lock ref",
    "incorrect old value",
    "failed to update ref",
    "reference already exists",
    "stale info",
];

impl<'a> Repository<'a> {
    /// Opens the clone that contains `folder`.
    pub fn open(tools: &'a Tools, folder: &Path, remote: &str, author: Author) -> Result<Self, GitError> {
        let root = tools.read(&Call::new("git").args(["rev-parse", "--show-toplevel"]).within(folder))?;
        Ok(Self { tools, root: PathBuf::from(root), remote: remote.to_owned(), author })
    }

    fn git<const N: usize>(&self, arguments: [&str; N]) -> Call {
        Call::new("git").args(arguments).within(&self.root).env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0")
    }

    /// Fails for a clone without the whole history.
    pub fn require_history(&self) -> Result<(), GitError> {
        let shallow = self.tools.read(&self.git(["rev-parse", "--is-shallow-repository"]))?;
        if shallow == "true" { Err(GitError::Shallow) } else { Ok(()) }
    }

    /// Returns the full id of a commit.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        let commit = format!("{revision}^{{commit}}");
        Ok(self.tools.read(&self.git(["rev-parse", "--verify", "--end-of-options", &commit]))?)
    }

    /// Returns true if the commit is in this clone.
    pub fn has(&self, commit: &str) -> Result<bool, GitError> {
        let name = format!("{commit}^{{commit}}");
        Ok(self.tools.ask(&self.git(["cat-file", "-e", &name]))?.status.success())
    }

    /// Returns true if `older` is `newer` or in its history.
    pub fn is_ancestor(&self, older: &str, newer: &str) -> Result<bool, GitError> {
        let call = self.git(["merge-base", "--is-ancestor", older, newer]);
        let ended = self.tools.ask(&call)?;
        match ended.status.code() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(self.tools.failure(&call, &ended).into()),
        }
    }

    /// Returns the paths that differ; a renamed file is two of them.
    pub fn changed_paths(&self, from: &str, to: &str) -> Result<Vec<String>, GitError> {
        let output = self.tools.read(&self.git(["diff", "--name-only", "--no-renames", "-z", from, to, "--"]))?;
        Ok(output.split('\0').filter(|path| !path.is_empty()).map(ToOwned::to_owned).collect())
    }

    /// Writes all files of a commit into an empty folder.
    pub fn export(&self, commit: &str, folder: &Path) -> Result<(), GitError> {
        let index = tempfile::tempdir()?;
        let index = index.path().join("index").display().to_string();
        self.tools.bytes(&self.git(["read-tree", commit]).env("GIT_INDEX_FILE", index.as_str()))?;
        let prefix = format!("--prefix={}/", folder.display());
        self.tools.bytes(&self.git(["checkout-index", "--all", "--force", &prefix]).env("GIT_INDEX_FILE", index))?;
        Ok(())
    }

    /// Returns a file of a commit, or nothing if the commit has none of that name.
    pub fn file(&self, commit: &str, path: &str) -> Result<Option<String>, GitError> {
        let name = format!("{commit}:{path}");
        if !self.tools.ask(&self.git(["cat-file", "-e", &name]))?.status.success() {
            return Ok(None);
        }
        let bytes = self.tools.bytes(&self.git(["cat-file", "blob", &name]))?;
        String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| ToolError::NotText { command: format!("git cat-file blob {name}") }.into())
    }

    /// Returns the commits of a branch's own line, newest first, each with its message; only those that change `path` if given.
    pub fn log(&self, tip: &str, path: Option<&str>) -> Result<Vec<(String, String)>, GitError> {
        let call = self.git(["log", "--first-parent", "-z", "--format=%H%n%B", tip, "--"]).args(path);
        let output = self.tools.read(&call)?;
        let commits = output.split('\0').filter_map(|entry| entry.split_once('\n'));
        Ok(commits.map(|(commit, message)| (commit.to_owned(), message.to_owned())).collect())
    }

    /// Returns the newest commit of a branch of the remote with its history, or nothing if there is no such branch.
    pub fn fetch(&self, branch: &str) -> Result<Option<String>, GitError> {
        let name = format!("refs/heads/{branch}");
        let listed = self.tools.read(&self.git(["ls-remote", &self.remote, &name]))?;
        let Some(tip) = listed.split_whitespace().next() else { return Ok(None) };
        // The branch only ever advances, so that what is fetched contains the commit that was listed.
        if !self.has(tip)? {
            self.tools.bytes(&self.git(["fetch", "--quiet", "--no-tags", &self.remote, &name]))?;
        }
        Ok(Some(tip.to_owned()))
    }

    /// Fetches all branches of the remote, without references of this clone, for a commit that it lacks.
    pub fn fetch_all(&self) -> Result<(), GitError> {
        let listed = self.tools.read(&self.git(["ls-remote", "--heads", &self.remote]))?;
        let branches = listed.lines().filter_map(|line| line.split_whitespace().nth(1));
        self.tools.bytes(&self.git(["fetch", "--quiet", "--no-tags", &self.remote]).args(branches))?;
        Ok(())
    }

    /// Returns the push of an object to a reference of the remote, never by force.
    fn push_call(&self, object: &str, reference: &str) -> Call {
        let refspec = format!("{object}:{reference}");
        self.git(["push", "--porcelain", "--no-verify", &self.remote, &refspec])
    }

    /// Pushes an object to a reference, without force.
    pub fn push(&self, object: &str, reference: &str) -> Result<Push, GitError> {
        let call = self.push_call(object, reference);
        let ended = self.tools.ask(&call)?;
        if ended.status.success() {
            return Ok(Push::Accepted);
        }
        let text = format!("{}{}", String::from_utf8_lossy(&ended.output), ended.errors);
        if OVERTAKEN.iter().any(|reason| text.contains(reason)) {
            return Ok(Push::Rejected);
        }
        Err(self.tools.failure(&call, &ended).into())
    }

    /// Prints the push that a dry run does not do.
    pub fn announce_push(&self, object: &str, reference: &str) {
        self.tools.announce(&self.push_call(object, reference));
    }

    /// Returns the tree of a commit with some files replaced.
    pub fn tree_with(&self, tree: &str, files: &[(String, String)]) -> Result<String, GitError> {
        let folder = tempfile::tempdir()?;
        let index = folder.path().join("index").display().to_string();
        self.tools.bytes(&self.git(["read-tree", tree]).env("GIT_INDEX_FILE", index.as_str()))?;
        for (path, content) in files {
            let blob = self.tools.read(&self.git(["hash-object", "-w", "--stdin"]).input(content.as_bytes()))?;
            let entry = format!("100644,{blob},{path}");
            let update = self.git(["update-index", "--add", "--cacheinfo", &entry]);
            self.tools.bytes(&update.env("GIT_INDEX_FILE", index.as_str()))?;
        }
        Ok(self.tools.read(&self.git(["write-tree"]).env("GIT_INDEX_FILE", index))?)
    }

    /// Returns the tree of a merge of two commits.
    pub fn merged_tree(&self, ours: &str, theirs: &str) -> Result<String, GitError> {
        let call = self.git(["merge-tree", "--write-tree", "--name-only", "--no-messages", ours, theirs]);
        let ended = self.tools.ask(&call)?;
        let output = String::from_utf8_lossy(&ended.output).into_owned();
        let mut lines = output.lines();
        let tree = lines.next().unwrap_or_default().to_owned();
        match ended.status.code() {
            Some(0) => Ok(tree),
            Some(1) => {
                let conflicts = lines.collect::<Vec<_>>().join(", ");
                Err(GitError::Conflict { ours: ours.to_owned(), theirs: theirs.to_owned(), conflicts })
            }
            _ => Err(self.tools.failure(&call, &ended).into()),
        }
    }

    /// Returns the newest commit that both have in their history.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let call = self.git(["merge-base", one, other]);
        let ended = self.tools.ask(&call)?;
        Ok(ended.status.success().then(|| String::from_utf8_lossy(&ended.output).trim().to_owned()))
    }

    /// Creates a commit of a tree, which no reference names yet.
    pub fn commit(&self, tree: &str, parents: &[&str], message: &str) -> Result<String, GitError> {
        let parents = parents.iter().flat_map(|parent| ["-p", parent]);
        let call = self.git(["commit-tree", tree]).args(parents).args(["-F", "-"]).input(message);
        Ok(self.tools.read(&self.authored(call))?)
    }

    /// Creates the object of an annotated tag, which no reference names yet.
    pub fn tag_object(&self, commit: &str, name: &str, message: &str) -> Result<String, GitError> {
        let tagger = self.tools.read(&self.authored(self.git(["var", "GIT_COMMITTER_IDENT"])))?;
        let text = format!("object {commit}\ntype commit\ntag {name}\ntagger {tagger}\n\n{message}\n");
        Ok(self.tools.read(&self.git(["mktag"]).input(text))?)
    }

    fn authored(&self, call: Call) -> Call {
        let Author { name, email } = &self.author;
        call.env("GIT_AUTHOR_NAME", name)
            .env("GIT_AUTHOR_EMAIL", email)
            .env("GIT_COMMITTER_NAME", name)
            .env("GIT_COMMITTER_EMAIL", email)
    }
}
