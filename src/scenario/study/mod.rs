//! The second pass over studies: the scenario of each cell of the grid is read as any other, and what is wrong with it is
//! told with the cell and at its place in the study.

mod doubts;
mod patchwork;

use super::meaning;
use super::nearest::nearest;
use super::notes::Notes;
use super::path::{Path, Step};
use super::problem::{Errors, Problem, Warning};
use super::shape::study as shape;
use super::vocabulary::Language;
use crate::plan::{Cell, Implementation, Measure, Plan, Study};
use doubts::Doubts;
use patchwork::{Origin, Patchwork};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Gives the text of a scenario file by the path that the study names, or says why there is none.
pub type Fetch<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// The most cells.
const MOST_CELLS: usize = 10_000;

/// The most characters of a value in the results.
const LONGEST_LABEL: usize = 40;

/// Reads a study.
///
/// # Errors
/// As of [`read`](super::read); what is wrong with the scenario of a cell is told with the cell.
pub fn read_study(text: &str, fetch: Fetch<'_>) -> Result<(Study, Vec<Warning>), Errors> {
    read_study_for(text, fetch, None)
}

/// Reads a study as if its scenario asked for this implementation, whatever it asks for.
///
/// # Errors
/// As of [`read_study`]; also if the implementation varies from cell to cell.
pub fn read_study_for(
    text: &str,
    fetch: Fetch<'_>,
    implementation: Option<Implementation>,
) -> Result<(Study, Vec<Warning>), Errors> {
    super::meaning_of(text, Language::Study, |shape, notes| {
        Reading { text, fetch, implementation, notes, told: BTreeSet::new(), doubts: Doubts::default() }
            .study(shape)
    })
}

/// A study that is being read.
struct Reading<'a, 't, 'n> {
    text: &'a str,
    fetch: Fetch<'a>,
    /// The one that all cells are read for, if it is named.
    implementation: Option<Implementation>,
    notes: &'n mut Notes<'t>,
    /// What was told of cells, and where: it is told of the first cell that has it.
    told: BTreeSet<(usize, String)>,
    /// What is allowed in cells but hardly meant.
    doubts: Doubts,
}

/// What is said of the scenario of a cell.
struct Traced {
    /// Where that stands in the study.
    place: Option<Range<usize>>,
    message: String,
    help: String,
    /// Another place that has to do with it, and how.
    beside: Option<(Range<usize>, String)>,
}

/// An axis: what it is called, the fields that it varies, and its values.
struct Axis {
    /// Its place in the grid.
    number: usize,
    name: String,
    /// Whether the study says what its values are called.
    is_labelled: bool,
    /// Each field's path, and where the study names it.
    fields: Vec<(String, Range<usize>)>,
    values: Vec<Value>,
}

/// What is put in, and what that is called.
struct Value {
    label: String,
    /// For each field where its value stands.
    parts: Vec<Range<usize>>,
}

impl Reading<'_, '_, '_> {
    fn study(&mut self, shape: &shape::Study) -> Study {
        meaning::texts(&shape.name, &shape.about, self.notes);
        let (first_seed, end) = shape.seeds;
        let trials = end.saturating_sub(first_seed);
        if !(1..=Study::MOST_TRIALS).contains(&trials) {
            let message = format!("a cell has 1 to {} trials, not {trials}", Study::MOST_TRIALS);
            let help = "name the first seed and the one after the last: `seeds: (0, 1000)`";
            self.notes.error(&Path::Root.field("seeds"), message, help);
        }
        let axes: Vec<Axis> =
            shape.grid.iter().enumerate().filter_map(|(i, axis)| self.axis(i, axis)).collect();
        self.twice(&axes);
        self.alike(&axes);
        let (base, cells) = if self.notes.is_clean() { self.cells(shape, &axes) } else { (None, Vec::new()) };
        std::mem::take(&mut self.doubts).tell(cells.len(), self.notes);
        Study {
            name: shape.name.clone(),
            about: shape.about.clone(),
            first_seed,
            trials,
            axes: axes.into_iter().map(|axis| axis.name).collect(),
            cells,
            base,
        }
    }

    /// Notes fields that are varied twice, and the seed, which varies anyway.
    fn twice(&mut self, axes: &[Axis]) {
        let mut seen: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
        for (field, place) in axes.iter().flat_map(|axis| &axis.fields) {
            if field == "seed" {
                let message = "the seed varies from trial to trial, by `seeds`".to_string();
                let help = "take this field out of the grid".to_string();
                self.notes.push(Problem::of_text(Some(place.clone()), message, help, None));
            }
            if field == "cluster.implementation" && self.implementation.is_some() {
                let message = "the implementation varies, and one is named for all cells".to_string();
                let help = "name none, or take this field out of the grid".to_string();
                self.notes.push(Problem::of_text(Some(place.clone()), message, help, None));
            }
            if let Some(first) = seen.get(field.as_str()) {
                let message = format!("`{field}` varies twice");
                let help = "let one of the two go, or vary them together with `fields`".to_string();
                let beside = Some(((*first).clone(), "here first".to_string()));
                self.notes.push(Problem::of_text(Some(place.clone()), message, help, beside));
            }
            let inside = |(outer, inner): (&str, &str)| {
                let rest = inner.strip_prefix(outer);
                rest.is_some_and(|rest| rest.starts_with(['.', '[']))
            };
            if let Some((other, first)) =
                seen.iter().find(|(other, _)| inside((field, other)) || inside((other, field)))
            {
                let (outer, inner) =
                    if inside((field, other)) { (field.as_str(), *other) } else { (*other, field.as_str()) };
                let message = format!("`{inner}` varies, and so does `{outer}`, which it is a part of");
                let help =
                    "one would put the other out of force: name the fields in it one by one".to_string();
                let beside = Some(((*first).clone(), "here first".to_string()));
                self.notes.push(Problem::of_text(Some(place.clone()), message, help, beside));
            }
            seen.insert(field, place);
        }
    }

    /// Notes axes, and values of one, that are called alike: nobody could tell their cells apart.
    fn alike(&mut self, axes: &[Axis]) {
        let grid = Path::Root.field("grid");
        let mut names = BTreeSet::new();
        for axis in axes {
            if !names.insert(axis.name.as_str()) {
                let help = "give one of them a `name`";
                let message = format!("two axes are called `{}`", axis.name);
                self.notes.error(&grid.item(axis.number), message, help);
            }
            let mut labels = BTreeSet::new();
            for (value, j) in axis.values.iter().zip(0..) {
                if !labels.insert(value.label.as_str()) {
                    let of_axis = grid.item(axis.number);
                    let place = of_axis.field(if axis.is_labelled { "labels" } else { "values" });
                    let message = format!("two values of this axis are called `{}`", value.label);
                    self.notes.error(
                        &place.item(j),
                        message,
                        "let one go, or give them `labels` that differ",
                    );
                }
            }
        }
    }

    fn axis(&mut self, i: usize, axis: &shape::Axis) -> Option<Axis> {
        let grid = Path::Root.field("grid");
        let path = grid.item(i);
        let steps = |rest: &[Step<'static>]| [&[Step::Field("grid"), Step::Item(i)], rest].concat();
        let places: Vec<Vec<Step<'static>>> = match (&axis.field, axis.fields.len()) {
            (Some(_), 0) => vec![steps(&[Step::Field("field")])],
            (None, fields @ 1..) => {
                (0..fields).map(|k| steps(&[Step::Field("fields"), Step::Item(k)])).collect()
            }
            _ => {
                let help = "write `field: \"cluster.voters\"`, or `fields: [..]` for some that vary together";
                self.notes.error(&path, "an axis names a `field`, or `fields`, and not both", help);
                return None;
            }
        };
        let names = axis.field.iter().chain(&axis.fields).cloned();
        let fields: Vec<(String, Range<usize>)> = names
            .zip(places)
            .map(|(name, steps)| (name, self.notes.place(&steps).unwrap_or_default()))
            .collect();
        for ((name, _), k) in fields.iter().zip(0..) {
            if parsed(name).is_none() {
                let fields = path.field("fields");
                let at = if axis.field.is_some() { path.field("field") } else { fields.item(k) };
                let help = "write it as errors do: \"cluster.raft.heartbeat\", \"faults[0].at\"";
                self.notes.error(&at, format!("`{name}` is no path of a field"), help);
            }
        }
        if axis.values.is_empty() {
            let help = "put at least one value into the list, or take the axis away";
            self.notes.error(
                &path.field("values"),
                "an axis without values leaves no cell of the grid",
                help,
            );
        }
        if !axis.labels.is_empty() && axis.labels.len() != axis.values.len() {
            let (labels, values) = (axis.labels.len(), axis.values.len());
            let help = "give each value a label, or leave `labels` out";
            self.notes.error(
                &path.field("labels"),
                format!("there are {labels} labels for {values} values"),
                help,
            );
        }
        let values = (0..axis.values.len()).filter_map(|j| self.value(i, j, axis, fields.len())).collect();
        let name = axis.name.clone().unwrap_or_else(|| {
            let last = fields.iter().map(|(name, _)| name.rsplit('.').next().unwrap_or_default());
            last.collect::<Vec<_>>().join(", ")
        });
        Some(Axis { number: i, name, is_labelled: !axis.labels.is_empty(), fields, values })
    }

    fn value(&mut self, i: usize, j: usize, axis: &shape::Axis, fields: usize) -> Option<Value> {
        let steps = [Step::Field("grid"), Step::Item(i), Step::Field("values"), Step::Item(j)];
        let place = self.notes.place(&steps)?;
        let part = |k: usize| self.notes.place(&[&steps[..], &[Step::Item(k)]].concat());
        let parts: Vec<Range<usize>> = if axis.field.is_some() {
            vec![place.clone()]
        } else {
            let parts: Vec<_> = (0..fields).map_while(part).collect();
            if parts.len() < fields || part(fields).is_some() {
                let help = "write `(a, b)`: a value for each field, in their order";
                let grid = Path::Root.field("grid");
                let (path, message) = (grid.item(i), format!("{fields} fields need {fields} values here"));
                self.notes.error(&path.field("values").item(j), message, help);
                return None;
            }
            parts
        };
        let written =
            self.text[place.clone()].split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "");
        let label = axis.labels.get(j).cloned().unwrap_or(written);
        let mut short: String = label.chars().take(LONGEST_LABEL).collect();
        if short.len() < label.len() {
            short += "..";
        }
        Some(Value { label: short, parts })
    }

    /// The scenario as it stands, and the cells. What is wrong with it as it stands is told once; then what is wrong in each cell.
    fn cells(&mut self, shape: &shape::Study, axes: &[Axis]) -> (Option<Plan>, Vec<Cell>) {
        let count = axes.iter().map(|axis| axis.values.len()).try_fold(1_usize, usize::checked_mul);
        let Some(count) = count.filter(|count| *count <= MOST_CELLS) else {
            let help = "vary less at a time, or make several studies";
            self.notes.error(
                &Path::Root.field("grid"),
                format!("the grid has more than {MOST_CELLS} cells"),
                help,
            );
            return (None, Vec::new());
        };
        let Some(base) = self.scenario() else { return (None, Vec::new()) };
        let plan = match super::read_for(base.text(), self.implementation) {
            Ok((plan, _)) => plan,
            Err(errors) => {
                errors.problems().iter().for_each(|problem| self.tell(problem, &base, None));
                return (None, Vec::new());
            }
        };
        let mut cells = Vec::new();
        for number in 0..count {
            let mut rest = number;
            let mut chosen: Vec<&Value> = Vec::new();
            for axis in axes.iter().rev() {
                chosen.push(&axis.values[rest % axis.values.len()]);
                rest /= axis.values.len();
            }
            chosen.reverse();
            cells.extend(self.cell(shape, axes, &chosen, base.clone()));
            if self.notes.is_full() {
                break;
            }
        }
        (Some(plan), cells)
    }

    /// The text of the study's scenario, from here or from its file.
    fn scenario(&mut self) -> Option<Patchwork> {
        let place = self.notes.place(&[Step::Field("scenario")])?;
        let written = &self.text[place.clone()];
        if !written.starts_with(['"', 'r']) {
            return Some(Patchwork::new(written, Origin::At(place.start)));
        }
        let path: String = match ron::from_str(written) {
            Ok(path) => path,
            Err(_) => return Some(Patchwork::new(written, Origin::At(place.start))),
        };
        match (self.fetch)(&path) {
            Ok(text) => Some(Patchwork::new(&text, Origin::For(place.start, place.end))),
            Err(message) => {
                let help =
                    "the path goes from this file's folder on; a scenario may also stand here as a whole";
                self.notes.error(&Path::Root.field("scenario"), message, help);
                None
            }
        }
    }

    fn cell(
        &mut self,
        shape: &shape::Study,
        axes: &[Axis],
        chosen: &[&Value],
        mut text: Patchwork,
    ) -> Option<Cell> {
        let named = |(axis, value): (&Axis, &&Value)| format!("{} = {}", axis.name, value.label);
        let about: Vec<String> = axes.iter().zip(chosen).map(named).collect();
        let about = Some(about.join(", ")).filter(|about| !about.is_empty());
        let mut is_whole = true;
        for (axis, value) in axes.iter().zip(chosen) {
            for ((field, place), part) in axis.fields.iter().zip(&value.parts) {
                let steps = parsed(field)?;
                let put = text.put(&steps, (&self.text[part.clone()], part.start), place);
                if let Err((message, help)) = put {
                    is_whole = false;
                    self.push(Some(place.clone()), (None, message), help, None);
                }
            }
        }
        if !is_whole {
            return None;
        }
        let plan = match super::read_for(text.text(), self.implementation) {
            Ok((plan, warnings)) => {
                let doubtful = warnings.iter().map(|warning| self.traced(warning.problem(), &text));
                let doubtful: Vec<_> = doubtful.collect();
                doubtful.into_iter().for_each(|doubt| self.doubts.add(doubt, about.as_deref()));
                plan
            }
            Err(errors) => {
                errors.problems().iter().for_each(|problem| self.tell(problem, &text, about.as_deref()));
                return None;
            }
        };
        let measure = self.measure(&shape.measure, &plan, about.as_deref())?;
        Some(Cell { values: chosen.iter().map(|value| value.label.clone()).collect(), plan, measure })
    }

    fn measure(&mut self, shape: &shape::Measure, plan: &Plan, about: Option<&str>) -> Option<Measure> {
        let after = match shape {
            shape::Measure::FirstLeader => return Some(Measure::FirstLeader),
            shape::Measure::Availability => return Some(Measure::Availability),
            shape::Measure::Election { after } => after,
        };
        let place = plan.faults.iter().position(|fault| fault.id.as_ref() == Some(after));
        if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
            return Some(Measure::Election { after: place });
        }
        let ids: Vec<&str> = plan.faults.iter().filter_map(|fault| fault.id.as_deref()).collect();
        let help = match nearest(after, &ids) {
            Some(id) => format!("did you mean `{id}`?"),
            None if ids.is_empty() => "give a fault of the scenario an `id`, and name that".to_string(),
            None => format!("there are {}", ids.join(", ")),
        };
        let message = format!("no fault of the scenario has the id `{after}`");
        let place = self.notes.place(&[Step::Field("measure"), Step::Field("after")]);
        self.push(place, (about, message), help, None);
        None
    }

    /// Tells what is wrong with the scenario of a cell, or with that of all.
    fn tell(&mut self, problem: &Problem, text: &Patchwork, about: Option<&str>) {
        let Traced { place, message, help, beside } = self.traced(problem, text);
        self.push(place, (about, message), help, beside);
    }

    /// What is said of the scenario of a cell, with its places in the study.
    fn traced(&self, problem: &Problem, text: &Patchwork) -> Traced {
        let whole = self.notes.place(&[Step::Field("scenario")]);
        let place = problem.place().and_then(|place| text.origin(&place)).or(whole);
        let other = problem.other_place().cloned();
        let beside = other.and_then(|(place, how)| Some((text.origin(&place)?, how)));
        let beside = beside.filter(|(other, _)| Some(other) != place.as_ref());
        let at = problem.path();
        let at = if at.is_empty() { String::new() } else { format!(" (`{at}` of the scenario)") };
        let message = format!("{}{at}", problem.message());
        Traced { place, message, help: problem.help().to_string(), beside }
    }

    /// Notes a mistake of a cell, unless another cell has the same one.
    fn push(
        &mut self,
        place: Option<Range<usize>>,
        (about, message): (Option<&str>, String),
        help: String,
        beside: Option<(Range<usize>, String)>,
    ) {
        let start = place.as_ref().map_or(0, |place| place.start);
        if self.told.insert((start, message.clone())) {
            let message = format!("{}{message}", prefix(about));
            self.notes.push(Problem::of_text(place, message, help, beside));
        }
    }
}

/// What goes before the message of a mistake in this cell.
fn prefix(about: Option<&str>) -> String {
    about.map_or(String::new(), |about| format!("with {about}: "))
}

/// The steps of a field's path, as errors write it: `faults[0].at`.
fn parsed(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, items) = part.split_at(part.find('[').unwrap_or(part.len()));
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        steps.push(Step::Field(name));
        for item in items.split_terminator(']') {
            steps.push(Step::Item(item.strip_prefix('[')?.parse().ok()?));
        }
        if !items.is_empty() && !items.ends_with(']') {
            return None;
        }
    }
    Some(steps)
}
