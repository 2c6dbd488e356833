//! Names: what an Odoo name becomes in a store, and when two names are one to that store.
//!
//! Odoo keeps the true name, so nothing is lost by making one legal. A name that was born in the
//! cloud is never rewritten there.

use unicode_normalization::UnicodeNormalization as _;

/// Signs that one store or another refuses. Each becomes `-` in the portable set.
const PORTABLE_REFUSED: &[char] = &[
    '*', '?', '"', '\'', ':', '<', '>', '/', '+', '%', '!', '@', '\\', ',', '|',
];

/// Device names that Windows clients cannot hold, whatever follows the first dot
/// (Microsoft, "Naming Files, Paths, and Namespaces").
const RESERVED: &[&str] = &[
    "con",
    "prn",
    "aux",
    "nul",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "com\u{b9}",
    "com\u{b2}",
    "com\u{b3}",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
    "lpt\u{b9}",
    "lpt\u{b2}",
    "lpt\u{b3}",
];

/// The folder in a connection's root that is ours.
pub const OWN: &str = ".attache";

/// System folders of NAS makers and file systems, and files that desktops scatter.
const SYSTEM: &[&str] = &[
    OWN,
    "@eadir",
    "#recycle",
    "#snapshot",
    "@recycle",
    "@recently-snapshot",
    ".snapshot",
    ".dav",
    "lost+found",
    ".ds_store",
    "thumbs.db",
    "desktop.ini",
];

/// Beginnings of the names of files that live only while a program has something open.
const PASSING: &[&str] = &["~$", ".~lock.", ".nfs", ".fuse_hidden", ".smbdelete", "._"];

/// Longest name in bytes of UTF-8 that every supported store takes with room for a temporary
/// suffix (ownCloud 10 already refuses 250).
pub const MAX_BYTES: usize = 200;

/// The name in a store that takes only the portable set: NFC, no refused or control sign, no
/// space or dot at the end, no space at the start, no reserved word, none that listings leave out,
/// at most [`MAX_BYTES`]. Never empty, never `.` or `..`; an extension survives the cut.
///
/// Legal names come back unchanged, so the function may be applied twice.
pub fn portable(name: &str) -> String {
    let signs: String = name
        .nfc()
        .map(|sign| {
            if sign.is_control() || PORTABLE_REFUSED.contains(&sign) {
                '-'
            } else {
                sign
            }
        })
        .collect();
    let mut legal = shortened(trimmed(&signs), MAX_BYTES);
    let stem = legal.split('.').next().unwrap_or_default().trim_end();
    if RESERVED.contains(&stem.to_lowercase().as_str()) || is_left_out(&legal) {
        legal = shortened(&format!("-{legal}"), MAX_BYTES);
    }
    if legal.is_empty() {
        legal.push('-');
    }
    legal
}

/// Whether listings leave this name out: ours, a system's, or a program's while it runs.
pub fn is_left_out(name: &str) -> bool {
    let lower = name.to_lowercase();
    SYSTEM.contains(&lower.as_str()) || PASSING.iter().any(|begin| lower.starts_with(begin))
}

/// What names are compared by where a store ignores case and composes accents. As the strictest
/// do it: letters that share a capital are one (`σ` and `ς`, `ß` and `ss`), and signs that nobody
/// sees do not count.
pub fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let seen = name.chars().filter(|sign| !is_unseen(*sign)).nfd();
    let capitals = seen
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase);
    let small: String = capitals.flat_map(char::to_lowercase).collect();
    small.nfc().collect()
}

/// Signs without a look of their own: Unicode's default ignorable ones.
fn is_unseen(sign: char) -> bool {
    matches!(
        u32::from(sign),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfff8 | 0x1_bca0..=0x1_bca3 | 0x1_d173..=0x1_d17a
            | 0xe_0000..=0xe_0fff
    )
}

/// A name that no sibling holds: `name` itself, or with ` (2)`, ` (3)` … before the extension.
/// `is_taken` is asked for folded names. Stable: equal input gives equal output.
pub fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2_u32;
    while is_taken(&folded(&candidate)) {
        candidate = suffixed(name, &format!(" ({number})"));
        number += 1;
    }
    candidate
}

/// `name` with a suffix before its extension, cut so that it stays within [`MAX_BYTES`].
pub fn suffixed(name: &str, suffix: &str) -> String {
    let (stem, extension) = split_extension(name);
    let room = MAX_BYTES.saturating_sub(suffix.len() + extension.len());
    let stem = match trimmed(cut(stem, room)) {
        "" => "-",
        stem => stem,
    };
    format!("{stem}{suffix}{extension}")
}

/// Whether a name in a store is what became of one in Odoo: the same, or its legal form, with
/// numbers where siblings held that.
pub fn stands_for(stored: &str, name: &str) -> bool {
    let is_stored = |name: &str| folded(name) == folded(stored);
    let (stem, _) = split_extension(stored);
    let mut ends = vec![stem.len()];
    while let Some(end) = numbered(&stem[..ends[ends.len() - 1]]) {
        ends.push(end);
    }
    [name, &portable(name)].into_iter().any(|form| {
        is_stored(form)
            || (ends.iter().skip(1)).any(|end| is_stored(&suffixed(form, &stem[*end..])))
    })
}

/// Where a stem ends before its number, ` (2)` or the like.
fn numbered(stem: &str) -> Option<usize> {
    let (before, number) = stem.strip_suffix(')')?.rsplit_once(" (")?;
    let is_number = !number.is_empty() && number.bytes().all(|sign| sign.is_ascii_digit());
    is_number.then_some(before.len())
}

fn trimmed(name: &str) -> &str {
    name.trim_start()
        .trim_end_matches(|sign: char| sign == '.' || sign.is_whitespace())
}

fn shortened(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (stem, extension) = split_extension(name);
    format!("{}{extension}", trimmed(cut(stem, most - extension.len())))
}

/// Splits before the last dot where what follows looks like an extension (1 to 16 bytes).
fn split_extension(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && (2..=17).contains(&(name.len() - dot)) => name.split_at(dot),
        _ => (name, ""),
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn b22_refused_signs_become_dashes() {
        for (name, legal) in [
            (
                "* ? \" ' : < > / + % ! @ \\ ,",
                "- - - - - - - - - - - - - -",
            ),
            ("a/b:*?\"<>|+%é .pdf", "a-b---------é .pdf"),
            ("Azure Interior", "Azure Interior"),
            ("  spaced. . ", "spaced"),
            ("..", "-"),
            (".", "-"),
            ("", "-"),
            ("tab\there\u{0}", "tab-here-"),
            ("con.txt", "-con.txt"),
            ("Console.txt", "Console.txt"),
            ("LPT1", "-LPT1"),
            ("com\u{b9}.txt", "-com\u{b9}.txt"),
            (".Attache", "-.Attache"),
            ("~$offer.docx", "-~$offer.docx"),
            ("e\u{301}", "é"),
            (".htaccess", ".htaccess"),
        ] {
            assert_eq!(portable(name), legal, "{name:?}");
        }
    }

    #[test]
    fn a_stored_name_stands_for_those_that_it_can_have_come_from() {
        for (stored, name, stands) in [
            ("a-b.pdf", "a/b.pdf", true),
            ("a?b.pdf", "a?b.pdf", true),
            ("a-b (2).pdf", "a:b.pdf", true),
            ("a:b (12) (2)", "a:b", true),
            ("a:b (12) (2)", "a:b (12)", true),
            ("a (b).pdf", "a.pdf", false),
            ("OFFER.pdf", "offer.pdf", true),
            ("a.pdf", "a (2).pdf", false),
            ("a?b.pdf", "a:b.pdf", false),
            ("offer.pdf", "report.pdf", false),
        ] {
            assert_eq!(stands_for(stored, name), stands, "{stored} {name}");
        }
    }

    #[test]
    fn b23_long_names_keep_their_extension() {
        let legal = portable(&format!("{}.pdf", "é".repeat(300)));
        assert!(
            legal.len() <= MAX_BYTES && legal.ends_with("é.pdf"),
            "{legal}"
        );
    }

    #[test]
    fn b24_u6_clashing_siblings_get_a_stable_suffix() {
        let mut taken = HashSet::new();
        let mut given = Vec::new();
        for name in ["Offer.pdf", "offer.PDF", "Offer.pdf", "Folder"] {
            let name = free(name, |folded| taken.contains(folded));
            taken.insert(folded(&name));
            given.push(name);
        }
        assert_eq!(
            given,
            ["Offer.pdf", "offer (2).PDF", "Offer (3).pdf", "Folder"]
        );
        assert_eq!(suffixed("...pdf", " (2)"), "- (2).pdf");
    }

    #[test]
    fn folding_ignores_case_and_composition() {
        assert_eq!(folded("E\u{301}T\u{c9}"), folded("ét\u{e9}"));
        assert_ne!(folded("a"), folded("b"));
        for (one, other) in [
            ("ΣΑΣ", "σας"),
            ("Straße", "STRASSE"),
            ("\u{17f}ix", "SIX"),
            ("\u{fb01}le", "FILE"),
            ("zero\u{200b}width", "zerowidth"),
            ("\u{1f468}\u{200d}\u{1f469}", "\u{1f468}\u{1f469}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn b22_portable_is_always_legal_and_settles(name in "\\PC{0,260}|[ ./\\\\:*a-c\u{301}\u{0}-\u{1f}]{0,12}|(con|nul|aux)[ .]{0,3}[a-z]{0,4}") {
            let legal = portable(&name);
            prop_assert!(!legal.is_empty() && legal != "." && legal != "..");
            prop_assert!(legal.len() <= MAX_BYTES);
            prop_assert!(!legal.chars().any(|sign| sign.is_control() || PORTABLE_REFUSED.contains(&sign)));
            prop_assert!(!legal.ends_with(['.', ' ']) && !legal.starts_with(' '));
            prop_assert_eq!(portable(&legal), legal);
        }

        #[test]
        fn b24_a_free_name_is_free(name in "\\PC{1,220}", others in proptest::collection::vec("\\PC{1,8}", 0..6)) {
            let name = portable(&name);
            let mut taken: HashSet<String> = others.iter().map(|other| folded(other)).collect();
            taken.insert(folded(&name));
            let free = free(&name, |folded| taken.contains(folded));
            prop_assert!(!taken.contains(&folded(&free)));
            prop_assert!(free.len() <= MAX_BYTES);
        }
    }
}
