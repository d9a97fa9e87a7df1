//! The crate `web`, compiled to Wasm by a nested cargo and given its JavaScript glue by wasm-bindgen.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use wasm_bindgen_cli_support::Bindgen;

use crate::{
    assets::{self, File},
    diagnostics,
    split::split,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// The module that starts the page: a file of its own, as the page's security policy lets no script stand in its HTML.
pub(crate) const START: &str = "start.js";
/// wasm-bindgen's glue, and the Wasm that it loads.
pub(crate) const GLUE: &str = "web.js";
pub(crate) const WASM: &str = "web_bg.wasm";

/// Compiles the page and returns the start module, the glue, the Wasm, and the snippets of dependencies.
pub(crate) fn build(root: &Path, out: &Path, optimised: bool) -> io::Result<Vec<File>> {
    add_target()?;
    let wasm = compile(root, out, optimised)?;
    let glue = out.join("glue");
    if glue.exists() {
        fs::remove_dir_all(&glue)?;
    }
    fs::create_dir_all(&glue)?;
    let main = out.join("main.wasm");
    split(&wasm, &main, &glue, GLUE)?;
    bind(&main, &glue, optimised)?;
    let mut files = vec![File::new(START, START_MODULE.as_bytes().to_vec())?];
    assets::collect(&glue, "", &mut files)?;
    Ok(files)
}

/// A page that cannot start says so: a browser may have WebAssembly switched off, and a relay may end while it sends the Wasm.
const START_MODULE: &str = r#"import init from "./web.js";
try {
  await init({ module_or_path: new URL("./web_bg.wasm", import.meta.url) });
} catch (error) {
  const text = document.createElement("p");
  text.role = "alert";
  text.textContent = `TCP Playground could not start: ${error}`;
  document.body.append(text);
  throw error;
}
"#;

/// The compiler of the outer build, which is the page's too.
fn rustc() -> String {
    env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned())
}

/// Installs the target where rustup can; cargo's own message for a missing one does not say how.
fn add_target() -> io::Result<()> {
    let output = Command::new(rustc()).args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let installed = output.status.success() && Path::new(String::from_utf8_lossy(&output.stdout).trim()).exists();
    if installed {
        return Ok(());
    }
    match Command::new("rustup").args(["target", "add", TARGET]).output() {
        Ok(added) if added.status.success() => {
            println!("cargo::warning=added Rust's target {TARGET}, which the page is compiled for (rustup target add {TARGET})");
            Ok(())
        }
        Ok(added) => {
            let text = String::from_utf8_lossy(&added.stderr);
            Err(io::Error::other(format!("`rustup target add {TARGET}` failed: {}", text.trim())))
        }
        Err(error) => Err(io::Error::other(format!(
            "Rust's target {TARGET} is missing, and rustup, which would add it, cannot be run ({error}). Install the target the way \
             your Rust was installed (Debian: libstd-rust-dev-wasm32, Fedora: rust-std-static-wasm32-unknown-unknown), or install Rust \
             with rustup"
        ))),
    }
}

/// Runs the nested cargo; returns the path of the Wasm.
fn compile(root: &Path, out: &Path, optimised: bool) -> io::Result<PathBuf> {
    // One directory for `build`, `test` and `clippy`, though OUT_DIR differs: in the one that cargo marks as its target directory, which
    // the outer cargo has locked, so it cannot be that itself.
    let target = out.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists()).unwrap_or(out).join("page");
    let profile = if optimised { "page" } else { "page-dev" };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args([
        "build",
        "--locked",
        "--package",
        "web",
        "--lib",
        "--features",
        "split",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]);
    command.arg("--target-dir").arg(&target).arg("--message-format=json");
    // Named here and not in the environment, where a change of it would compile every dependency that looks at it again.
    command.arg("--config").arg(format!("build.rustc={:?}", rustc()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_of_the_outer_build) {
            command.env_remove(name);
        }
    }
    let output = command.output()?;
    let found = diagnostics::read(&output.stdout);
    if !output.status.success() {
        let errors = diagnostics::errors(&found);
        let text = if errors.is_empty() { String::from_utf8_lossy(&output.stderr).into_owned() } else { errors };
        return Err(io::Error::other(format!("the crate `web` does not compile\n{text}")));
    }
    diagnostics::pass_on_warnings(&found);
    Ok(target.join(TARGET).join(profile).join("web.wasm"))
}

/// What cargo and its wrappers (clippy, coverage) set for the relay and must not reach the page. The jobserver (CARGO_MAKEFLAGS) does: both
/// cargos together keep to the number of jobs.
fn is_of_the_outer_build(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "RUSTFLAGS",
        "RUSTDOCFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET_DIR",
        "CLIPPY_ARGS",
        "CLIPPY_CONF_DIR",
        "LLVM_PROFILE_FILE",
        "OUT_DIR",
        "TARGET",
        "PROFILE",
        "OPT_LEVEL",
        "DEBUG",
    ];
    const PREFIXES: &[&str] = &["CARGO_FEATURE_", "CARGO_CFG_", "CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_PROFILE_", "DEP_"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn bind(wasm: &Path, glue: &Path, optimised: bool) -> io::Result<()> {
    let bound = Bindgen::new()
        .input_path(wasm)
        .out_name("web")
        .web(true)
        // The pieces import what the linker exports, by its names.
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .keep_lld_exports(true)
                .demangle(false)
                .remove_name_section(optimised)
                .remove_producers_section(true)
                .generate(glue)
        });
    bound.map_err(|error| io::Error::other(format!("wasm-bindgen: {error:#}")))
}
