//! What became of attachments that a question did not show: nothing counts as gone because it is
//! missing from an answer. Odoo is asked for it by id then, and must say itself that it is not
//! there, or is no file any more.

use super::Plain;
use crate::odoo::Result;
use crate::odoo::plain::AttachmentKind;
use std::collections::BTreeSet;

const ATTACHMENT: &str = "ir.attachment";

/// What Odoo says of attachments by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absent {
    /// Deleted, or made a link or a field's value by somebody.
    pub gone: BTreeSet<i64>,
    /// The user may not see them.
    pub hidden: BTreeSet<i64>,
    /// They are there, and their bytes are not Odoo's: another of its addons keeps them.
    pub elsewhere: BTreeSet<i64>,
}

impl Plain {
    /// What became of these.
    pub(super) async fn absent(&self, ids: &[i64]) -> Result<Absent> {
        if ids.is_empty() {
            return Ok(Absent::default());
        }
        let alive = self.client.alive(ATTACHMENT, ids).await?;
        let there: Vec<i64> = alive.there.iter().copied().collect();
        let kinds = self.client.attachment_kinds(&there).await?;
        let mut absent = Absent {
            gone: alive.gone,
            hidden: alive.hidden,
            elsewhere: alive.there,
        };
        for kind in kinds.iter().filter(|kind| is_no_file(kind)) {
            absent.elsewhere.remove(&kind.id);
            absent.gone.insert(kind.id);
        }
        Ok(absent)
    }
}

/// Whether somebody made something else of a file. Of any other kind than these Odoo may have made
/// it by itself, as its Cloud Storage does, and people still have the file.
fn is_no_file(kind: &AttachmentKind) -> bool {
    kind.kind == "url" || !kind.field.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_and_values_of_fields_are_no_files() {
        let of = |kind: &str, field: &str| {
            is_no_file(&AttachmentKind {
                id: 1,
                kind: kind.into(),
                field: field.into(),
            })
        };
        assert!(of("url", ""));
        assert!(of("binary", "image_1920"));
        assert!(!of("cloud_storage", ""));
        assert!(!of("binary", ""), "it came back meanwhile");
    }
}
