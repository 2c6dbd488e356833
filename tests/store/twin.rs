//! Random facts, biased to meet each other: few identities, all kinds, any order.

use attache::tree::{
    Action, Cursor, Entry, EntryId, Fact, Fingerprint, HashKind, Held, Kind, Operation,
    OperationId, Pair, PairId, Proof, ProofMethod, Reason, Revision, Side, State, Trashed,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Odoo), Just(Side::Cloud)]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Folder), Just(Kind::File)]
}

fn entry_id() -> impl Strategy<Value = EntryId> {
    (0..12_u8).prop_map(|number| EntryId::new(format!("e{number}")))
}

fn pair_id() -> impl Strategy<Value = PairId> {
    (1..8_u128).prop_map(|number| PairId(Uuid::from_u128(number)))
}

/// Anything that Postgres can hold: its text knows no NUL.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{1,2}",
        "\\PC{0,6}",
        Just("a, \"b\" {c} \\ NULL\n\t'".to_owned())
    ]
}

fn revision() -> impl Strategy<Value = Revision> {
    (0..3_u8).prop_map(|number| Revision::new(format!("r{number}")))
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    let size = prop_oneof![0..5_u64, Just(i64::MAX.unsigned_abs()), Just(u64::MAX)];
    (size, option::of(0..3_u8), any::<bool>()).prop_map(|(size, hash, more)| {
        let mut print = Fingerprint::of_size(size);
        if let Some(hash) = hash {
            print = print.with(HashKind::Sha1, format!("{hash:040x}"));
            if more {
                print = print.with(HashKind::Sha256, format!("{hash:064x}"));
            }
        }
        print
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let content = (kind(), revision(), option::of(fingerprint()));
    (
        entry_id(),
        option::of(entry_id()),
        text(),
        content,
        any::<[bool; 3]>(),
    )
        .prop_map(
            |(id, parent, name, (kind, revision, fingerprint), [automatic, stopped, released])| {
                Entry {
                    id,
                    parent,
                    name,
                    kind,
                    revision,
                    fingerprint,
                    automatic,
                    stopped,
                    released,
                }
            },
        )
}

fn proof() -> impl Strategy<Value = Proof> {
    let method = prop_oneof![Just(ProofMethod::ProviderHash), Just(ProofMethod::ReadBack)];
    (fingerprint(), revision(), method, any::<i64>()).prop_map(
        |(fingerprint, cloud_revision, method, at)| Proof {
            fingerprint,
            cloud_revision,
            method,
            at,
        },
    )
}

fn pair() -> impl Strategy<Value = Pair> {
    let ids = (pair_id(), entry_id(), entry_id(), option::of(pair_id()));
    let revisions = (revision(), revision());
    let content = (kind(), option::of(fingerprint()), option::of(proof()));
    (ids, text(), text(), revisions, content).prop_map(
        |((id, odoo, cloud, parent), odoo_name, cloud_name, revisions, content)| Pair {
            id,
            odoo,
            cloud,
            kind: content.0,
            parent,
            odoo_name,
            cloud_name,
            odoo_revision: revisions.0,
            cloud_revision: revisions.1,
            fingerprint: content.1,
            proof: content.2,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (side(), entry_id(), kind(), entry_id(), text()).prop_map(
            |(to, source, kind, parent, name)| Action::Create {
                to,
                source,
                kind,
                parent,
                name
            }
        ),
        (side(), pair_id()).prop_map(|(to, pair)| Action::Content { to, pair }),
        (side(), pair_id(), entry_id(), text(), any::<bool>()).prop_map(
            |(to, pair, parent, name, hop)| Action::Place {
                to,
                pair,
                parent,
                name,
                hop
            }
        ),
        (side(), pair_id()).prop_map(|(to, pair)| Action::Trash { to, pair }),
        (entry_id(), entry_id(), kind(), text()).prop_map(|(odoo, cloud, kind, conflict_name)| {
            Action::Agree {
                odoo,
                cloud,
                kind,
                conflict_name,
            }
        }),
        (entry_id(), entry_id(), text()).prop_map(|(source, parent, name)| Action::Restore {
            source,
            parent,
            name
        }),
        pair_id().prop_map(|pair| Action::Forget { pair }),
        pair_id().prop_map(|pair| Action::Prove { pair }),
        pair_id().prop_map(|pair| Action::Release { pair }),
    ]
}

/// An identity belongs to one key, as the engine's do; a key has had a few identities.
fn operation() -> impl Strategy<Value = Operation> {
    let state = prop_oneof![
        Just(State::Intended),
        Just(State::Waiting),
        Just(State::Stuck),
        Just(State::Done),
        Just(State::Dropped)
    ];
    let reason = prop_oneof![Just(Reason::New), Just(Reason::Edited)];
    let rest = (0..5_u32, any::<i64>(), option::of(text()));
    (action(), 0..3_u8, state, reason, text(), rest).prop_map(
        |(action, generation, state, reason, subject, (attempts, run_at, message))| {
            let name = format!("{}#{generation}", action.key());
            Operation {
                id: OperationId(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())),
                action,
                reason,
                subject,
                state,
                attempts,
                run_at,
                message,
            }
        },
    )
}

fn fact() -> impl Strategy<Value = Fact> {
    let trashed = (entry_id(), text(), fingerprint()).prop_map(|(odoo, handle, fingerprint)| {
        Fact::Trashed(Trashed {
            odoo,
            handle,
            fingerprint,
        })
    });
    let held = (text(), btree_set(text(), 0..4), any::<[bool; 2]>()).prop_map(
        |(cause, keys, [whole, approved])| Held {
            cause,
            keys,
            whole,
            approved,
        },
    );
    prop_oneof![
        6 => (side(), entry()).prop_map(|(side, entry)| Fact::Observed(side, entry)),
        3 => (side(), entry_id()).prop_map(|(side, id)| Fact::Vanished(side, id)),
        1 => (side(), option::of(text())).prop_map(|(side, at)| Fact::Cursor(side, at.map(Cursor))),
        4 => pair().prop_map(Fact::Paired),
        2 => pair_id().prop_map(Fact::Unpaired),
        4 => operation().prop_map(Fact::Operation),
        1 => trashed,
        1 => entry_id().prop_map(Fact::Untrashed),
        1 => option::of(held).prop_map(Fact::Held),
    ]
}

/// Calls of `record`, each with its facts. The engine begins nothing that it has begun already, so
/// a key has one open operation at a time.
pub fn history() -> impl Strategy<Value = Vec<Vec<Fact>>> {
    vec(vec(fact(), 0..25), 1..6).prop_map(|mut calls| {
        let mut open = BTreeMap::new();
        for facts in &mut calls {
            facts.retain(|fact| {
                let Fact::Operation(operation) = fact else {
                    return true;
                };
                let key = operation.action.key();
                let ends = matches!(operation.state, State::Done | State::Dropped);
                match open.get(&key) {
                    Some(id) if *id != operation.id => ends,
                    _ if ends => {
                        open.remove(&key);
                        true
                    }
                    _ => {
                        open.insert(key, operation.id);
                        true
                    }
                }
            });
        }
        calls
    })
}
