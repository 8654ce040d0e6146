//! Builds, scans and signs images, and looks up what a registry has.

use crate::affected::OPERATOR;
use crate::process::{BUILD, Call, ToolError, Tools};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The settings of builds, scans and signatures.
#[derive(Debug, Clone, Args)]
pub struct ImageSettings {
    /// The platforms of the images, with commas between them
    #[arg(long, env = "RELEASE_PLATFORMS", default_value = "linux/amd64,linux/arm64", value_delimiter = ',')]
    pub platforms: Vec<String>,
    /// The buildx builder; the current one without this
    #[arg(long, env = "RELEASE_BUILDER")]
    pub builder: Option<String>,
    /// The tag under which the layers of builds are cached beside the images; empty for no cache
    #[arg(long, env = "RELEASE_CACHE_TAG", default_value = "buildcache")]
    pub cache_tag: String,
    /// A folder of this machine in which the layers are cached as well
    #[arg(long, env = "RELEASE_CACHE_FOLDER")]
    pub cache_folder: Option<PathBuf>,
    /// The severities of vulnerabilities that end the release
    #[arg(long, env = "RELEASE_SCAN_SEVERITY", default_value = "HIGH,CRITICAL")]
    pub scan_severity: String,
    /// Also refuse vulnerabilities for which there is no fixed version
    #[arg(long, env = "RELEASE_SCAN_UNFIXED")]
    pub scan_unfixed: bool,
    /// The key of signatures, such as awskms:///alias/shopstack-release or env://COSIGN_PRIVATE_KEY; keyless without this
    #[arg(long, env = "RELEASE_COSIGN_KEY")]
    pub cosign_key: Option<String>,
    /// A signing configuration of cosign, for a transparency log of one's own or none
    #[arg(long, env = "RELEASE_COSIGN_SIGNING_CONFIG")]
    pub cosign_signing_config: Option<PathBuf>,
}

/// An image that cannot be built, scanned, signed or found.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    #[error("{step} of {image} failed: {source}")]
    Step { step: &'static str, image: String, source: ToolError },
    #[error("the build of {0} did not say which digest it pushed")]
    NoDigest(String),
    #[error("{0} has no bill of materials, although it was built with one")]
    NoMaterials(String),
    #[error("{0} is not in the registry any more")]
    Absent(String),
    #[error("the answer of docker about {image} is not understood: {source}")]
    Format { image: String, source: serde_json::Error },
    #[error("a temporary file could not be used: {0}")]
    Temporary(#[from] std::io::Error),
}

/// The image to build.
#[derive(Debug)]
pub struct Build<'b> {
    pub service: &'b str,
    pub repository: &'b str,
    pub version: &'b str,
    pub revision: &'b str,
    /// The files of that revision.
    pub context: &'b Path,
}

/// Builds, scans and signs images by the settings.
#[derive(Debug)]
pub struct Images<'a> {
    pub tools: &'a Tools,
    pub settings: &'a ImageSettings,
}

impl Images<'_> {
    /// Returns true if the registry has the image.
    pub fn exists(&self, image: &str) -> Result<bool, ImageError> {
        let call = Call::new("docker").args(["buildx", "imagetools", "inspect", image]);
        let step = |source| ImageError::Step { step: "looking up", image: image.to_owned(), source };
        let ended = self.tools.ask(&call).map_err(step)?;
        if ended.status.success() {
            return Ok(true);
        }
        // Anything else, such as a registry that does not answer or refuses, must not be taken for a free tag.
        let errors = ended.errors.to_lowercase();
        let is_absent = ["not found", "manifest unknown", "no such manifest", "name unknown"];
        if is_absent.iter().any(|text| errors.contains(text)) {
            return Ok(false);
        }
        Err(step(self.tools.failure(&call, &ended)))
    }

    /// Checks that the registry still has an image that is to be deployed again.
    pub fn require(&self, image: String) -> Result<(), ImageError> {
        if self.exists(&image)? { Ok(()) } else { Err(ImageError::Absent(image)) }
    }

    /// Builds, pushes, scans and signs an image, and returns its name with its digest.
    pub fn publish(&self, build: &Build<'_>) -> Result<String, ImageError> {
        let folder = tempfile::tempdir()?;
        let image = format!("{}:{}", build.repository, build.version);
        let metadata = folder.path().join("metadata.json");
        let call = self.build_call(build, &image, &metadata);
        self.tools.change(&call).map_err(|source| ImageError::Step {
            step: "the build",
            image: image.clone(),
            source,
        })?;
        let digest = if self.tools.is_dry_run() { "sha256:DIGEST".to_owned() } else { digest(&metadata, &image)? };
        let pinned = format!("{}@{digest}", build.repository);
        for platform in &self.settings.platforms {
            let call = self.scan_call(build, platform, &pinned);
            self.tools.change(&call).map_err(|source| ImageError::Step {
                step: "the scan",
                image: image.clone(),
                source,
            })?;
        }
        let step = |step, source| ImageError::Step { step, image: image.clone(), source };
        self.tools.change(&self.cosign("sign").args([&pinned])).map_err(|source| step("the signature", source))?;
        for materials in self.materials(&pinned, folder.path())? {
            let call = self.cosign("attest").args(["--type", "spdxjson", "--predicate", &materials, &pinned]);
            self.tools.change(&call).map_err(|source| step("the attestation", source))?;
        }
        Ok(pinned)
    }

    fn build_call(&self, build: &Build<'_>, image: &str, metadata: &Path) -> Call {
        let Build { service, repository, version, revision, context } = build;
        let mut call = Call::new("docker").args(["buildx", "build"]);
        if let Some(builder) = &self.settings.builder {
            call = call.args(["--builder", builder]);
        }
        call = call.args(["--platform", &self.settings.platforms.join(",")]);
        // A program with this service alone is smaller, and unchanged by changes of the others. Without one it has all.
        let service = if *service == OPERATOR { "" } else { *service };
        let arguments = [("SERVICE", service), ("FEATURES", service), ("VERSION", *version), ("REVISION", *revision)];
        for argument in arguments.map(|(name, value)| format!("{name}={value}")) {
            call = call.args(["--build-arg", &argument]);
        }
        if !self.settings.cache_tag.is_empty() {
            let cache = format!("type=registry,ref={repository}:{}", self.settings.cache_tag);
            // ECR takes a cache only as an image manifest. A cache that cannot be written does not end a release.
            let written = format!("{cache},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true");
            call = call.args(["--cache-from", &cache, "--cache-to", &written]);
        }
        if let Some(folder) = &self.settings.cache_folder {
            let folder = folder.display();
            let (read, written) =
                (format!("type=local,src={folder}"), format!("type=local,dest={folder},mode=max,ignore-error=true"));
            call = call.args(["--cache-from", &read, "--cache-to", &written]);
        }
        call = call.args(["--provenance=true", "--sbom=true", "--push", "--tag", image]);
        call.args(["--metadata-file".to_owned(), metadata.display().to_string(), context.display().to_string()])
            .timeout(BUILD)
            .shown()
    }

    fn scan_call(&self, build: &Build<'_>, platform: &str, pinned: &str) -> Call {
        let mut call = Call::new("trivy").args(["image", "--exit-code", "1", "--no-progress", "--platform", platform]);
        call = call.args(["--severity", &self.settings.scan_severity]);
        if !self.settings.scan_unfixed {
            call = call.args(["--ignore-unfixed"]);
        }
        // In the folder of the source, where trivy finds trivy.yaml and .trivyignore.
        call.args([pinned]).within(build.context).shown()
    }

    fn cosign(&self, command: &str) -> Call {
        let mut call = Call::new("cosign").args([command, "--yes"]).shown();
        if let Some(key) = &self.settings.cosign_key {
            call = call.args(["--key", key]);
        }
        if let Some(configuration) = &self.settings.cosign_signing_config {
            call = call.args(["--signing-config".to_owned(), configuration.display().to_string()]);
        }
        call
    }

    /// Writes the bill of materials of each platform into a file, and returns their paths.
    fn materials(&self, pinned: &str, folder: &Path) -> Result<Vec<String>, ImageError> {
        let call = Call::new("docker").args(["buildx", "imagetools", "inspect", pinned, "--format", "{{json .SBOM}}"]);
        if self.tools.is_dry_run() {
            self.tools.announce(&call);
            return Ok(vec!["SBOM".to_owned()]);
        }
        let step =
            |source| ImageError::Step { step: "reading the bill of materials", image: pinned.to_owned(), source };
        let text = self.tools.read(&call).map_err(step)?;
        let found: Value =
            serde_json::from_str(&text).map_err(|source| ImageError::Format { image: pinned.to_owned(), source })?;
        // With several platforms there is one per platform.
        let documents: Vec<&Value> = match found.get("SPDX") {
            Some(document) => vec![document],
            None => found
                .as_object()
                .into_iter()
                .flat_map(|platforms| platforms.values())
                .filter_map(|one| one.get("SPDX"))
                .collect(),
        };
        if documents.is_empty() {
            return Err(ImageError::NoMaterials(pinned.to_owned()));
        }
        let mut paths = Vec::new();
        for (number, document) in documents.into_iter().enumerate() {
            let path = folder.join(format!("materials-{number}.spdx.json"));
            std::fs::write(&path, document.to_string())?;
            paths.push(path.display().to_string());
        }
        Ok(paths)
    }
}

fn digest(metadata: &Path, image: &str) -> Result<String, ImageError> {
    let text = std::fs::read_to_string(metadata)?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|source| ImageError::Format { image: image.to_owned(), source })?;
    let digest = metadata["containerimage.digest"].as_str();
    digest.map(ToOwned::to_owned).ok_or_else(|| ImageError::NoDigest(image.to_owned()))
}
