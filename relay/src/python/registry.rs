//! Where the package comes from: the npm registry that the person chose, or that npm is configured for, and what it is told of who asks.
//!
//! Of npm's configuration these are read, as npm does: the variable `npm_config_registry`, the user's `.npmrc` (or the file of `npm_config_userconfig`) with
//! `registry=`, `_authToken` and `_auth`. Not read: a project's and the system's `.npmrc`, and npm's own settings for proxies and certificates.

use std::{env, fmt, fs, path::PathBuf};

use reqwest::{Url, header::HeaderValue};

use super::{
    failure::FetchError,
    pinned::{PACKAGE, VERSION},
};

/// Where npm looks unless told otherwise.
const DEFAULT: &str = "https://registry.npmjs.org/";

/// The largest `.npmrc` that is read, in bytes.
const MAX_NPMRC_BYTES: u64 = 1 << 20;

/// A registry of npm packages.
#[derive(Debug)]
pub(crate) struct Registry {
    /// Ends with a slash.
    url: Url,
    authorization: Option<HeaderValue>,
}

impl Registry {
    /// The one that was `chosen`, or else the configured one.
    ///
    /// # Errors
    ///
    /// What is configured is no address.
    pub(crate) fn find(chosen: Option<&str>) -> Result<Self, FetchError> {
        let variable =
            |name: &str| env::var(name).ok().or_else(|| env::var(name.to_ascii_uppercase()).ok()).filter(|value| !value.is_empty());
        let file = variable("npm_config_userconfig").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".npmrc")));
        // A file that is not there, or not for this program to read, configures nothing.
        let is_small = |file: &PathBuf| fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_NPMRC_BYTES);
        let text = file.filter(is_small).and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        Self::configured(chosen, &Npmrc { text: &text, variable: &variable })
    }

    fn configured(chosen: Option<&str>, npmrc: &Npmrc<'_>) -> Result<Self, FetchError> {
        let text = chosen.map(str::to_owned).or_else(|| (npmrc.variable)("npm_config_registry")).or_else(|| npmrc.value("registry"));
        let text = text.unwrap_or_else(|| DEFAULT.to_owned());
        let bad = |why: &str| FetchError::BadRegistry(why.to_owned());
        let mut url = text.parse::<Url>().map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(bad("it begins with http:// or https://"));
        }
        url.set_query(None);
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let authorization = npmrc.authorization(&url);
        Ok(Self { url, authorization })
    }

    /// The address of the package. Registries of npm all have tarballs there, though their metadata may name other places as well.
    pub(crate) fn tarball(&self) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{PACKAGE}/-/{PACKAGE}-{VERSION}.tgz", self.url.path()));
        url
    }

    /// What goes into `Authorization`, to this registry alone.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        self.authorization.clone()
    }

    /// Its host, with the port where that is not the scheme's own.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl fmt::Display for Registry {
    /// Its address without what stands in it of a user and a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.url.scheme(), self.host(), self.url.path())
    }
}

/// A file of npm's configuration, and the variables that its values may name.
struct Npmrc<'a> {
    text: &'a str,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Npmrc<'_> {
    /// The value of a key; the last one where there are several, as in npm.
    fn value(&self, wanted: &str) -> Option<String> {
        let lines = self.text.lines().map(str::trim).filter(|line| !line.starts_with([';', '#']));
        let mut values = lines.filter_map(|line| line.split_once('=')).filter(|(key, _)| key.trim() == wanted);
        let value = values.next_back()?.1.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        Some(self.expand(quoted.unwrap_or(value))).filter(|value| !value.is_empty())
    }

    /// `${NAME}` becomes the variable's value; where there is none it stays.
    fn expand(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("${") else { return value.to_owned() };
        let Some((name, after)) = rest.split_once('}') else { return value.to_owned() };
        let meant = (self.variable)(name).unwrap_or_else(|| format!("${{{name}}}"));
        format!("{before}{meant}{}", self.expand(after))
    }

    /// What npm would send to the registry at `url`: keys such as `//registry.example/npm/:_authToken` hold for all below that path.
    fn authorization(&self, url: &Url) -> Option<HeaderValue> {
        let authority = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let origin = format!("//{}{authority}", url.host_str()?);
        let path = url.path();
        let folders = path.char_indices().rev().filter(|(_, letter)| *letter == '/').map(|(index, _)| &path[..=index]);
        let mut found = folders.filter_map(|folder| {
            let value = |key: &str| self.value(&format!("{origin}{folder}:{key}"));
            value("_authToken").map(|token| format!("Bearer {token}")).or_else(|| value("_auth").map(|pair| format!("Basic {pair}")))
        });
        let mut value = HeaderValue::from_str(&found.next()?).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(chosen: Option<&str>, variable: Option<&str>, text: &str) -> Registry {
        let variable = |name: &str| match name {
            "npm_config_registry" => variable.map(str::to_owned),
            "SECRET" => Some("s3cret".to_owned()),
            _ => None,
        };
        Registry::configured(chosen, &Npmrc { text, variable: &variable }).unwrap()
    }

    #[test]
    fn the_nearest_configuration_counts() {
        let npmrc = "; mine\nregistry = \"https://npmrc.example/npm\"\n#registry=https://comment.example/\n";
        for (chosen, variable, text, expected) in [
            (None, None, "", "https://registry.npmjs.org/"),
            (None, None, npmrc, "https://npmrc.example/npm/"),
            (None, None, "registry=https://one.example\nregistry=https://two.example", "https://two.example/"),
            (None, Some("http://127.0.0.1:4873"), npmrc, "http://127.0.0.1:4873/"),
            (Some("https://chosen.example/a/b/?x#y"), Some("http://127.0.0.1:4873"), npmrc, "https://chosen.example/a/b/"),
        ] {
            let registry = registry(chosen, variable, text);
            assert_eq!(registry.to_string(), expected);
            assert_eq!(registry.tarball().as_str(), format!("{expected}pyodide/-/pyodide-314.0.7.tgz"));
        }
    }

    #[test]
    fn a_token_is_for_its_registry_alone() {
        let npmrc = "//a.example/npm/:_authToken=${SECRET}\n//a.example/:_auth = dXNlcjpwYXNz\n//b.example:8443/:_authToken=${NONE}\n";
        for (url, expected) in [
            ("https://a.example/npm/", Some("Bearer s3cret")),
            ("https://a.example/npm/deeper", Some("Bearer s3cret")),
            ("https://a.example/npm-other/", Some("Basic dXNlcjpwYXNz")),
            ("https://b.example:8443", Some("Bearer ${NONE}")),
            ("https://b.example/", None),
            ("https://a.example.org/npm/", None),
        ] {
            let authorization = registry(Some(url), None, npmrc).authorization();
            assert_eq!(authorization.as_ref().map(|value| value.to_str().unwrap()), expected, "{url}");
            assert!(authorization.is_none_or(|value| value.is_sensitive()), "it is shown nowhere");
        }
    }

    #[test]
    fn a_password_in_the_address_is_not_shown() {
        let registry = registry(Some("https://user:pass@a.example:4873/npm/"), None, "");
        assert_eq!(registry.to_string(), "https://a.example:4873/npm/");
        assert_eq!(registry.host(), "a.example:4873");
        assert!(registry.tarball().as_str().starts_with("https://user:pass@"), "it is sent");
    }

    #[test]
    fn what_is_no_address_is_said_so() {
        for other in ["registry.example", "ftp://registry.example/", "file:///tmp", "https://", "http://[::1"] {
            let nothing = |_: &str| None;
            let found = Registry::configured(Some(other), &Npmrc { text: "", variable: &nothing });
            assert!(matches!(found, Err(FetchError::BadRegistry(_))), "{other}");
        }
    }
}
