//! No file needs a file that needs it.
//!
//! A file needs another where it writes a path into it, from `crate`, `super`, `self` or a module of its own, in a `use` or
//! inline. What a module passes on with `pub use` is needed where it lives, and by the module if its own code names it. A
//! module is the common ground of those inside it: to name it from there needs nothing. Comments, test modules and methods,
//! which have no path, do not count.

use std::collections::{BTreeMap, BTreeSet};

use super::{root, sources};

/// The paths in a file, and those that it passes on.
#[derive(Default)]
struct File {
    name: String,
    paths: Vec<String>,
    passed_on: Vec<String>,
}

/// By module: its file.
type Files = BTreeMap<String, File>;

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn joined(before: &str, name: &str) -> String {
    match name {
        "crate" => String::new(),
        "self" => before.to_owned(),
        "super" => before.rsplit_once("::").unwrap_or_default().0.to_owned(),
        _ if before.is_empty() => name.to_owned(),
        _ => format!("{before}::{name}"),
    }
}

/// Reads the path or the tree of paths that `text` begins with; what follows it.
fn tree<'a>(text: &'a str, before: &str, out: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if text.starts_with('{') {
        let mut rest = text;
        while rest.starts_with(['{', ',']) {
            rest = tree(&rest[1..], before, out);
            rest = &rest[rest.find([',', '}']).unwrap_or(rest.len())..];
        }
        return rest.get(1..).unwrap_or_default();
    }
    let (name, rest) = text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()));
    let path = joined(before, name);
    if let Some(rest) = rest.strip_prefix("::") {
        return tree(rest, &path, out);
    }
    out.push(path);
    rest
}

/// Whether code has this name by itself or at the beginning of a path, but for a module or a function that gets it.
fn names(code: &str, name: &str) -> bool {
    let words: Vec<&str> = code.split(|c| !is_word(c) && c != ':' && c != '.').collect();
    words.windows(2).any(|w| w[1].split([':', '.']).next() == Some(name) && !["mod", "fn"].contains(&w[0]))
}

fn read(name: &str, module: &str, text: &str, is_module: impl Fn(&str) -> bool) -> File {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: String = code.lines().flat_map(|line| [line.split("//").next().unwrap(), "\n"]).collect();
    let (mut file, mut from) = (File { name: name.to_owned(), ..File::default() }, 0);
    let (mut own, mut kept) = (String::new(), 0);
    while let Some(colons) = code[from..].find("::").map(|place| from + place) {
        let begin = code[..colons].rfind(|c| !is_word(c)).map_or(0, |place| place + 1);
        let (before, first) = (&code[..begin], &code[begin..colons]);
        from = colons + 2;
        let ours = ["crate", "super", "self"].contains(&first) || is_module(&joined(module, first));
        if ours && !before.ends_with("::") {
            let line = before.rsplit(['\n', ';']).next().unwrap().trim();
            let passed_on = line.starts_with("pub") && line.ends_with("use");
            let out = if passed_on { &mut file.passed_on } else { &mut file.paths };
            from = code.len() - tree(&code[begin..], module, out).len();
            if passed_on {
                own.push_str(&code[kept..begin]);
                kept = from;
            }
        }
    }
    own.push_str(&code[kept..]);
    let used = file.passed_on.iter().filter(|path| names(&own, path.rsplit("::").next().unwrap()));
    file.paths.extend(used.cloned());
    file
}

/// The module where what a path names lives.
fn home(path: &str, files: &Files) -> String {
    let mut module = String::new();
    for name in path.split("::") {
        let inside = joined(&module, name);
        let passed_on = || files[&module].passed_on.iter().find(|lives| lives.rsplit("::").next() == Some(name));
        match passed_on() {
            _ if files.contains_key(&inside) => module = inside,
            Some(lives) => return home(lives, files),
            None => break,
        }
    }
    module
}

/// Every need of one of these files, by name and text, that leads back to it.
fn circles(sources: &[(String, String)]) -> Vec<String> {
    let module_of = |name: &str| {
        let module = name.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches('/').replace('/', "::");
        if ["lib", "main"].contains(&module.as_str()) { String::new() } else { module }
    };
    let modules: Vec<String> = sources.iter().map(|(name, _)| module_of(name)).collect();
    let file = |(module, (name, text)): (&String, &(String, String))| {
        (module.clone(), read(name, module, text, |other| modules.iter().any(|known| known == other)))
    };
    let files: Files = modules.iter().zip(sources).map(file).collect();
    let inside = |module: &str, of: &str| of.is_empty() || module == of || module.starts_with(&format!("{of}::"));
    let needs = |module: &String| -> BTreeSet<String> {
        let homes = files[module].paths.iter().map(|path| home(path, &files));
        homes.filter(|home| !inside(module, home)).collect()
    };
    let needs: BTreeMap<&String, BTreeSet<String>> = files.keys().map(|module| (module, needs(module))).collect();
    let leads = |from: &String, to: &String| {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![from]);
        while let Some(module) = ahead.pop() {
            if seen.insert(module) {
                ahead.extend(&needs[module]);
            }
        }
        seen.contains(to)
    };
    let all = needs.iter().flat_map(|(module, needed)| needed.iter().map(move |other| (*module, other)));
    let back = all.filter(|(module, other)| leads(other, module));
    back.map(|(module, other)| format!("{} needs {}", files[module].name, files[other].name)).collect()
}

#[test]
fn no_files_need_each_other() {
    for folder in ["model/src", "explore/src", "sim/src", "adapter/src", "audit/src", "proxy/src", "src"] {
        let name = |path: &std::path::Path| path.strip_prefix(root().join(folder)).unwrap().display().to_string();
        let mut sources: Vec<_> = sources(folder).into_iter().map(|(path, text)| (name(&path), text)).collect();
        sources.retain(|(name, _)| !name.starts_with("bin/"));
        assert_eq!(circles(&sources), [""; 0], "files of {folder} need each other");
    }
}

#[test]
fn a_circle_is_reported_by_its_files() {
    let reported = |files: &[(&str, &str)]| {
        circles(&files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>())
    };
    let both = &["a.rs needs b.rs", "b.rs needs a.rs"][..];
    for (b, circle) in [
        ("use crate::{\n    c as d,\n    a::A,\n};", both),
        ("fn f() { super::a::f() }", both),
        ("use crate::c::a; // crate::a", &[]),
        ("#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}", &[]),
    ] {
        let found = reported(&[("lib.rs", "pub use b::{B, C};"), ("a.rs", "use crate::C;"), ("b.rs", b)]);
        assert_eq!(found, circle, "{b}");
    }
    for (own, circle) in [("x::C", &[][..]), ("C::f()", both)] {
        let a = format!("pub use crate::b::{{B, C}}; fn f() {{ {own} }}");
        assert_eq!(reported(&[("lib.rs", ""), ("a.rs", &a), ("b.rs", "use crate::a::A;")]), circle, "passed on: {own}");
    }
    let family = [
        ("lib.rs", "fn f() { a::f() }"),
        ("a/mod.rs", "fn f() { c::f() }"),
        ("a/c.rs", "use {crate::a::f, crate::b};"),
    ];
    assert_eq!(reported(&[family[0], family[1], family[2], ("b.rs", "")]), [""; 0], "a module and what is inside it");
    assert_eq!(reported(&[family[0], family[1], family[2], ("b.rs", "use crate::a;")]).len(), 3, "and one outside");
}
