//! The forest: each record at its one home, and what it stands below.

use super::super::rule::{Record, Rule, Warning};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A record, by place of its model in the forest's list and id.
pub(super) type Id = (usize, i64);

/// What a record's folder stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the folder of its rule at the top.
    Top,
    /// In the folder of its rule in this record's.
    Below(Id),
    /// In this record's own folder.
    In(Id),
}

impl Place {
    pub fn record(self) -> Option<Id> {
        match self {
            Place::Top => None,
            Place::Below(id) | Place::In(id) => Some(id),
        }
    }
}

/// Records at their homes, and what each stands below.
pub(super) struct Forest<'a> {
    pub rules: Vec<&'a Rule>,
    /// By rule: the place of the parent rule.
    pub parents: Vec<Option<usize>>,
    /// By rule: the number of its model.
    pub models: Vec<usize>,
    /// By rule: its records, ordered by id.
    pub records: Vec<Vec<&'a Record>>,
    /// By rule: the ids it matched.
    members: Vec<HashSet<i64>>,
    /// The first rule that matched a record.
    homes: HashMap<Id, (usize, &'a Record)>,
    /// Records that cannot stand below their parent, since it stands below them.
    cut: HashSet<Id>,
    /// Settled records: how many folders stand above each, at most.
    depths: HashMap<Id, usize>,
}

impl<'a> Forest<'a> {
    pub fn new(
        rules: Vec<&'a Rule>,
        parents: Vec<Option<usize>>,
        matched: &'a BTreeMap<i64, Vec<Record>>,
    ) -> Self {
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut models = Vec::with_capacity(rules.len());
        let mut records = Vec::with_capacity(rules.len());
        for rule in &rules {
            let next = numbers.len();
            models.push(*numbers.entry(rule.model.as_str()).or_insert(next));
            let mut own: Vec<&Record> = matched.get(&rule.id).into_iter().flatten().collect();
            own.sort_by_key(|record| (record.id, record.archived));
            own.dedup_by_key(|record| record.id);
            records.push(own);
        }
        let members = records
            .iter()
            .map(|own| own.iter().map(|record| record.id).collect());
        let mut homes = HashMap::new();
        for archived in [false, true] {
            for (rule, own) in records.iter().enumerate() {
                for record in own.iter().filter(|record| record.archived == archived) {
                    homes
                        .entry((models[rule], record.id))
                        .or_insert((rule, *record));
                }
            }
        }
        Forest {
            members: members.collect(),
            parents,
            models,
            records,
            homes,
            cut: HashSet::new(),
            depths: HashMap::new(),
            rules,
        }
    }

    /// The rule that a record has its home in.
    pub fn home(&self, id: Id) -> Option<usize> {
        self.homes.get(&id).map(|home| home.0)
    }

    /// How many folders stand above a record's that is settled.
    pub fn depth(&self, id: Id) -> Option<usize> {
        self.depths.get(&id).copied()
    }

    /// Where the folder of a record stands, at its home.
    fn place_at_home(&self, id: Id) -> Place {
        match self.homes.get(&id) {
            Some((rule, record)) if !self.cut.contains(&id) => self.place(*rule, record),
            _ => Place::Top,
        }
    }

    /// Where a record's folder, or a shortcut to it, stands in a rule. A parent whose home is in
    /// another cloud cannot hold it.
    pub fn place(&self, rule: usize, record: &Record) -> Place {
        let id = (self.models[rule], record.id);
        if self.home(id) == Some(rule) && self.cut.contains(&id) {
            return Place::Top;
        }
        if let Some(nest) = record.nest.map(|nest| (self.models[rule], nest))
            && nest != id
            && self.home(nest) == Some(rule)
        {
            return Place::In(nest);
        }
        let Some(parent) = self.parents[rule] else {
            return Place::Top;
        };
        let member = |above: &i64| self.members[parent].contains(above);
        let Some(above) = record.parent.filter(member) else {
            return Place::Top;
        };
        let above = (self.models[parent], above);
        let home = self.home(above).map(|home| self.rules[home].connection);
        if home == Some(self.rules[rule].connection) {
            Place::Below(above)
        } else {
            Place::Top
        }
    }

    /// Finds the depth of every live record and of all above it. Where homes go round in a
    /// circle, one record goes to its rule's own folder.
    pub fn settle(&mut self, warnings: &mut Vec<Warning>) {
        let mut circles: BTreeMap<usize, (usize, String)> = BTreeMap::new();
        for rule in 0..self.rules.len() {
            for place in 0..self.records[rule].len() {
                let record = self.records[rule][place];
                let start = (self.models[rule], record.id);
                if record.archived || self.home(start) != Some(rule) {
                    continue;
                }
                if let Some(cut) = self.settle_one(start) {
                    let (rule, record) = self.homes[&cut];
                    let circle = circles
                        .entry(rule)
                        .or_insert((0, record.display_name.clone()));
                    circle.0 += 1;
                }
            }
        }
        for (rule, (records, example)) in circles {
            warnings.push(Warning {
                records,
                example: Some(example),
                ..Warning::about(
                    self.rules[rule].id,
                    "records stand below each other in a circle; one stands at the top",
                )
            });
        }
    }

    /// Walks up from one record to what is settled, then back down. Answers the record that was
    /// cut, if any.
    fn settle_one(&mut self, start: Id) -> Option<Id> {
        let mut path = vec![start];
        let mut seen = HashSet::from([start]);
        let mut cut = None;
        while let Some(above) = path
            .last()
            .and_then(|last| self.place_at_home(*last).record())
        {
            if self.depths.contains_key(&above) {
                break;
            }
            if seen.insert(above) {
                path.push(above);
            } else {
                cut = path.last().copied();
                self.cut.extend(cut);
            }
        }
        while let Some(id) = path.pop() {
            let depth = self.depth_at(self.place_at_home(id));
            self.depths.insert(id, depth);
        }
        cut
    }

    /// How many folders may stand above one at this place: below a record there are two more, the
    /// rule's and a split folder.
    pub fn depth_at(&self, place: Place) -> usize {
        let above = place.record().and_then(|above| self.depth(above));
        match place {
            Place::Top => 2,
            Place::Below(_) => above.map_or(2, |depth| depth + 3),
            Place::In(_) => above.map_or(2, |depth| depth + 1),
        }
    }
}
