//! Hostile names: what people, programs and other systems really call things, and worse.

use fastrand::Rng;
use unicode_normalization::UnicodeNormalization as _;

/// Names that one store or another has trouble with, or that two stores take for each other.
const SEEDS: &[&str] = &[
    // Case, and letters whose case is no simple pair.
    "Offer.pdf",
    "offer.PDF",
    "OFFER.pdf",
    "I",
    "i",
    "\u{131}",
    "\u{130}",
    "i\u{307}",
    "stra\u{df}e",
    "STRASSE",
    "STRA\u{1e9e}E",
    "\u{3a3}\u{391}\u{3a3}",
    "\u{3c3}\u{3b1}\u{3c2}",
    "\u{3c3}\u{3b1}\u{3c3}",
    "\u{17f}ervice",
    "Service",
    "\u{212a}elvin",
    "kelvin",
    "\u{1c4}",
    "\u{1c5}",
    "\u{149}",
    "\u{1f0}",
    "\u{390}",
    "\u{1fd3}",
    "\u{1fb3}",
    "\u{1fbc}",
    // Composition, ligatures, and marks without a letter.
    "\u{e9}t\u{e9}",
    "e\u{301}te\u{301}",
    "\u{212b}ngstrom",
    "\u{c5}ngstrom",
    "A\u{30a}ngstrom",
    "\u{fb01}le",
    "file",
    "\u{fb00}",
    "ff",
    "\u{301}",
    "a\u{323}\u{307}",
    "a\u{307}\u{323}",
    "\u{1112}\u{1161}\u{11ab}",
    "\u{d55c}",
    "\u{0958}",
    "\u{0915}\u{093c}",
    "\u{fb2b}",
    "\u{5e9}\u{5c2}",
    // Emoji, joined and bare.
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}.png",
    "\u{1f468}\u{1f469}\u{1f467}.png",
    "\u{2764}",
    "\u{2764}\u{fe0f}",
    "\u{1f1e9}\u{1f1ea}",
    "\u{1f44d}\u{1f3fd}",
    // Directions, and signs that nobody sees.
    "invoice\u{202e}fdp.exe",
    "invoicefdp.exe",
    "\u{202a}a\u{202c}",
    "\u{2067}a\u{2069}",
    "\u{5d0}\u{5d1}\u{200f}.txt",
    "zero\u{200b}width",
    "zerowidth",
    "\u{feff}bom",
    "bom",
    "soft\u{ad}hyphen",
    "softhyphen",
    "\u{200b}",
    "\u{2060}",
    "\u{180e}",
    "\u{3164}",
    // Words that are devices to Windows.
    "CON",
    "con",
    "nul.txt",
    "NUL.tar.gz",
    "aux.",
    "AUX .txt",
    "prn",
    "COM1",
    "lpt9.x",
    "COM\u{b9}",
    "LPT\u{b3}.txt",
    "conin$",
    "CONOUT$",
    "clock$",
    // Ends, beginnings, and nothing else.
    "",
    ".",
    "..",
    "...",
    " ",
    "\t",
    "x.",
    "x ",
    "x. .",
    " x",
    ".x",
    "x",
    "x\u{a0}",
    "x\u{3000}",
    "\u{2003}x",
    "-",
    "--",
    ".-",
    "-.",
    ". .",
    "x\u{85}",
    // Refused signs, alone and among others.
    "*",
    "???",
    ":",
    "|||",
    "a/b",
    "a\\b",
    "a:b",
    "a?b",
    "a-b",
    "<a>",
    "\"a\"",
    "a%2Fb",
    "%00",
    "a+b",
    "a,b",
    "a!b",
    "a@b",
    "a'b",
    "a#b",
    "a;v=1",
    "a&b",
    "../../etc/passwd",
    "C:\\x",
    "\\\\server\\x",
    // Control signs, and what stands for no character.
    "a\u{0}b",
    "a\nb",
    "a\r\n",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{80}",
    "\u{9f}",
    "\u{fffd}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{10ffff}",
    "\\ud800",
    "\u{fffd}\u{fffd}",
    "\u{2028}",
    "\u{fdd0}",
    // Our own forms.
    "x (2)",
    "x (2) (2)",
    "x (3)",
    "x (2).pdf",
    "x.pdf",
    "x (02)",
    "x (9999999999999999999999)",
    "x (conflict from the cloud 2023-11-14)",
    "x (renaming)",
    ".attache",
    ".Attache",
    ".ATTACHE ",
    "connection",
    "tmp",
    "trash",
    "versions",
    // Names that are never synced.
    "Thumbs.db",
    "THUMBS.DB",
    "desktop.ini",
    "~$offer.docx",
    ".~lock.a#",
    "._x",
    ".DS_Store",
    "@eaDir",
    "#recycle",
    "#snapshot",
    ".dav",
    "lost+found",
    ".nfs0001",
    ".fuse_hidden01",
    ".smbdelete01",
    ".snapshot",
    "thumbs\u{200b}.db",
    "T\u{200d}humbs.db",
    "de\u{17f}ktop.ini",
];

const UNSEEN: &[char] = &[
    '\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{ad}',
    '\u{fe0f}', '\u{2060}',
];

const REFUSED: &[char] = &[
    '/', '\\', ':', '*', '?', '"', '<', '>', '|', '%', '\0', '\n', '\u{7f}',
];

const EXTENSIONS: &[&str] = &[
    ".pdf",
    ".PDF",
    ".tar.gz",
    ".",
    ". ",
    ".a b",
    ".e\u{301}",
    ".-",
    ".quitelongextension",
];

/// Names for siblings: a few seeds each time, in many guises, so that most of them clash.
pub fn family(random: &mut Rng, count: usize) -> Vec<String> {
    let seeds: Vec<String> = (0..random.usize(1..6)).map(|_| seed(random)).collect();
    let mut names = Vec::with_capacity(count);
    while names.len() < count {
        let mut name = seeds[random.usize(0..seeds.len())].clone();
        for _ in 0..random.usize(0..4) {
            name = guise(random, &name);
        }
        names.push(name);
    }
    names
}

fn seed(random: &mut Rng) -> String {
    match random.usize(0..10) {
        0 => (0..random.usize(0..12)).map(|_| random.char(..)).collect(),
        1 => {
            let one = SEEDS[random.usize(0..SEEDS.len())];
            format!("{one}{}", SEEDS[random.usize(0..SEEDS.len())])
        }
        _ => SEEDS[random.usize(0..SEEDS.len())].to_owned(),
    }
}

/// The same name as another system, program or person would write it; or nearly the same.
fn guise(random: &mut Rng, name: &str) -> String {
    match random.usize(0..13) {
        0 => name.to_uppercase(),
        1 => name.to_lowercase(),
        2 => name.nfd().collect(),
        3 => name.nfc().collect(),
        4 => inserted(random, name, UNSEEN),
        5 => inserted(random, name, REFUSED),
        6 => format!(
            "{name}{}",
            [" ", ".", "\u{a0}", ". ", "\t", "\u{301}"][random.usize(0..6)]
        ),
        7 => format!(
            "{}{name}",
            [" ", ".", "-", "~$", "._", "\u{feff}"][random.usize(0..6)]
        ),
        8 => format!("{name}{}", EXTENSIONS[random.usize(0..EXTENSIONS.len())]),
        9 => format!("{name} ({})", [0, 1, 2, 3, 10][random.usize(0..5)]),
        10 => longer(random, name),
        11 => swapped_case(random, name),
        _ => name.to_owned(),
    }
}

fn inserted(random: &mut Rng, name: &str, signs: &[char]) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    letters.insert(
        random.usize(0..=letters.len()),
        signs[random.usize(0..signs.len())],
    );
    letters.into_iter().collect()
}

/// Far beyond what a store takes, and alike up to there; or just about at the edge.
fn longer(random: &mut Rng, name: &str) -> String {
    let filling = [
        "a",
        "\u{e9}",
        "e\u{301}",
        "\u{1f468}\u{200d}",
        "\u{d55c}",
        " ",
        ".",
    ];
    let filling = filling[random.usize(0..filling.len())];
    let bytes = [190, 199, 200, 201, 255, 310, 1000][random.usize(0..7)];
    format!("{}{name}", filling.repeat(bytes / filling.len()))
}

fn swapped_case(random: &mut Rng, name: &str) -> String {
    let swap = |sign: char| {
        let upper: String = sign.to_uppercase().collect();
        if random.bool() {
            upper
        } else {
            sign.to_lowercase().collect()
        }
    };
    name.chars().map(swap).collect()
}
