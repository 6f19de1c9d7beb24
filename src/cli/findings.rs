//! What is written about the findings of a campaign: for each way of failing the scenario of its smallest run.

use super::run::{FILED, begin_reports};
use crate::check::Verdict;
use crate::fuzz::{Campaign, Group, Signature, draw};
use crate::plan::{Found, Plan, Profile};
use crate::report::text::Form;
use crate::report::{Host, Report, json, text};
use crate::runner::{self, NewFile};
use crate::scenario;
use anyhow::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// The plan of the smallest run of a group.
fn plan_of(campaign: &Campaign, profile: &Profile, group: &Group) -> Plan {
    Plan { events: campaign.events, ..draw(profile, group.seed) }
}

/// The report on the smallest run of a group, which is made once more.
fn report_of(campaign: &Campaign, profile: &Profile, group: &Group) -> Report {
    runner::report(&plan_of(campaign, profile, group))
}

/// What is printed of a campaign: the smallest run of the first way of failing in full, the files written, and the summary.
/// When `brief`, no run in full.
pub(super) fn told(
    campaign: &Campaign,
    profile: &Profile,
    files: &BTreeMap<Signature, String>,
    brief: bool,
    form: &Form<'_>,
) -> String {
    let mut told = String::new();
    for group in campaign.groups.values().take(1).filter(|_| !brief) {
        let head = format!("{}, seed {}", campaign.profile, group.seed);
        told += &format!("{head}: the smallest of the first way of failing, in full\n");
        told += &text::render_among_others(&report_of(campaign, profile, group), form);
        told += &format!("replay: {}\n\n", campaign.replay(group.seed));
    }
    let written = files.values().map(|file| format!("written: {file}\n")).collect::<String>();
    let gap = if written.is_empty() { "" } else { "\n" };
    format!("{told}{written}{gap}{}", campaign.render(form, brief))
}

/// Writes the smallest run of each way of failing: its scenario, and its report in two forms. Returns the scenarios'
/// files, and how many reports were left out: when so many bytes are written, no more of them are. What a shard has found is
/// named after it, since all shards may have one folder.
pub(super) fn write_findings(
    campaign: &Campaign,
    profile: &Profile,
    folder: &Path,
    limit: u64,
) -> anyhow::Result<(BTreeMap<Signature, String>, u64)> {
    let mut files = BTreeMap::new();
    let mut left_out = 0;
    let of = if campaign.shard.is_whole() {
        String::new()
    } else {
        format!("-{}", campaign.shard.to_string().replace('/', "-of-"))
    };
    let mut taken = BTreeSet::new();
    let mut bytes = 0;
    for (signature, group) in &campaign.groups {
        begin_reports(Some(folder))?;
        let base = format!("{}-{}{of}", Group::slug_of(&campaign.profile), Group::slug(signature));
        // Two messages of panics may begin alike.
        let numbered = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") });
        let name = numbered.into_iter().find(|name| taken.insert(name.clone())).unwrap_or(base);
        let file = folder.join(&name).with_added_extension("ron");
        let report = Report { file: Some(file.display().to_string()), ..report_of(campaign, profile, group) };
        let mut plan = plan_of(campaign, profile, group);
        plan.found = Some(Found {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: group.seed,
            digest: report.digest.value(),
        });
        let contents = [
            ("ron", head(campaign, signature, group, &report) + &scenario::write(&plan)),
            ("txt", text::render(&report, None, &FILED)),
            ("json", json::document(std::slice::from_ref(&report), &Host::default()) + "\n"),
        ];
        for (extension, content) in contents {
            if extension != "ron" && bytes > limit {
                left_out += u64::from(extension == "txt");
                continue;
            }
            bytes += content.len() as u64;
            let path = folder.join(&name).with_added_extension(extension);
            let mut file = NewFile::create(&path)?;
            file.write_all(content.as_bytes())
                .with_context(|| format!("{} can't be written", path.display()))?;
            file.commit()?;
        }
        files.insert(signature.clone(), file.display().to_string());
    }
    Ok((files, left_out))
}

/// What stands above a scenario that was found.
fn head(campaign: &Campaign, signature: &Signature, group: &Group, report: &Report) -> String {
    let mut lines = vec![
        format!("Drawn from the profile {} with seed {}.", campaign.profile, group.seed),
        format!("It fails by: {signature}."),
    ];
    for check in &report.checks {
        if let Verdict::Violated(violation) = &check.verdict
            && check.name == signature.to_string()
        {
            lines.push(format!("At {}: {}.", violation.time, violation.message));
        }
    }
    lines.push(format!("replay: {}", campaign.replay(group.seed)));
    lines.push(format!("digest: {}", report.digest));
    lines.iter().flat_map(|text| text.lines()).map(|line| format!("// {line}\n")).collect()
}
