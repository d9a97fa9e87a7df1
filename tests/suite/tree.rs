//! The tree of dependencies keeps to `deny.toml`: what of that can be held without the net and without cargo-deny, which takes minutes to build.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::relay_process::root;

/// The parts of `deny.toml` that are held here, as cargo-deny defines them.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    sources: Sources,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: BTreeSet<String>,
    allow_git: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

/// What `cargo metadata` tells, as far as it is needed.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    source: Option<String>,
}

impl Package {
    /// As `deny.toml` names one version of a package; the build metadata of a version (`+…`) does not count.
    fn spec(&self) -> String {
        format!("{}@{}", self.name, self.version.split('+').next().unwrap_or_default())
    }
}

fn policy() -> Policy {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("the policy is there");
    toml::from_str(&text).expect("the policy is TOML")
}

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = cargo.args(arguments).arg("--locked").current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Every package that the workspace uses, on whichever system.
fn packages() -> Vec<Package> {
    let metadata: Metadata = serde_json::from_slice(&cargo(&["metadata", "--format-version", "1"])).expect("cargo metadata is JSON");
    // The metadata have what features may bring as well, the tree what they do bring.
    let tree = cargo(&["tree", "--workspace", "--target", "all", "--edges", "all", "--prefix", "none"]);
    let tree: BTreeSet<String> =
        String::from_utf8_lossy(&tree).lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let is_used = |package: &Package| tree.contains(&format!("{} v{}", package.name, package.version));
    let packages: Vec<Package> = metadata.packages.into_iter().filter(is_used).collect();
    assert!(packages.len() > 100, "the tree is there");
    packages
}

/// Whether a licence's expression can be met by what is allowed.
fn is_allowed(license: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = Expression::parse_mode(license, ParseMode::LAX).unwrap_or_else(|error| panic!("{license}: {error}"));
    expression.evaluate(|required: &LicenseReq| allowed.contains(&required.to_string()))
}

#[test]
fn licences_are_allowed_ones() {
    let (policy, packages) = (policy(), packages());
    for package in &packages {
        let license = package.license.as_deref().unwrap_or_else(|| panic!("{} states no licence", package.spec()));
        assert!(is_allowed(license, &policy.licenses.allow), "{}: {license}", package.spec());
    }
    for allowed in &policy.licenses.allow {
        let others = policy.licenses.allow.iter().filter(|other| *other != allowed).cloned().collect();
        let is_needed = packages.iter().any(|package| package.license.as_deref().is_some_and(|license| !is_allowed(license, &others)));
        assert!(is_needed, "nothing needs {allowed} any more");
    }
}

#[test]
fn expressions_of_licences_are_read_as_spdx_has_them() {
    let allowed = ["MIT", "ISC"].map(str::to_owned).into();
    for license in ["MIT", "MIT OR GPL-3.0-only", "MIT/Apache-2.0", "(GPL-3.0-only OR MIT) AND ISC"] {
        assert!(is_allowed(license, &allowed), "{license}");
    }
    for license in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0 WITH LLVM-exception", "AGPL-3.0-or-later OR (MIT AND MPL-2.0)"] {
        assert!(!is_allowed(license, &allowed), "{license}");
    }
}

#[test]
fn packages_come_from_crates_io_or_from_here() {
    let sources = policy().sources;
    assert!(sources.allow_git.is_empty(), "nothing comes from git");
    for package in packages() {
        let Some(source) = &package.source else { continue };
        let registry = source.strip_prefix("registry+").or_else(|| source.strip_prefix("sparse+"));
        assert!(registry.is_some_and(|registry| sources.allow_registry.contains(registry)), "{} comes from {source}", package.spec());
    }
}

#[test]
fn versions_are_named() {
    for package in packages().iter().filter(|package| package.source.is_none()) {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.source.is_some()) {
            assert!(!dependency.req.contains('*'), "{} takes any {}", package.name, dependency.name);
        }
    }
}

#[test]
fn one_version_of_each_package_but_for_stated_exceptions() {
    let (policy, packages) = (policy(), packages());
    let mut skipped: BTreeMap<&str, &str> = BTreeMap::new();
    for skip in &policy.bans.skip {
        assert!(!skip.reason.is_empty() && skipped.insert(&skip.package, &skip.reason).is_none(), "{}: one reason", skip.package);
    }
    let mut versions: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in &packages {
        versions.entry(&package.name).or_default().push(package.spec());
    }
    for versions in versions.values().filter(|versions| versions.len() > 1) {
        let left: Vec<_> = versions.iter().filter(|spec| skipped.remove(spec.as_str()).is_none()).collect();
        assert!(left.len() == 1, "of these one version may stay: {versions:?}");
    }
    assert!(skipped.is_empty(), "no longer needed: {skipped:?}");
}
