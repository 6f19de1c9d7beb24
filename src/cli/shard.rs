//! Which share of the seeds a machine takes: said outright, or by whatever started it.

use crate::fuzz::Shard;
use std::num::NonZeroU64;

/// How a call names its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Outright.
    Of(Shard),
    /// By the task of a Slurm job array.
    Slurm,
}

/// Reads the value of `--shard`.
///
/// # Errors
/// If it is none.
pub(super) fn share(text: &str) -> Result<Share, String> {
    if text == "slurm" {
        return Ok(Share::Slurm);
    }
    text.parse().map(Share::Of).map_err(|why| format!("{why}; in a Slurm job array write slurm"))
}

/// The share of a call with these options, where the environment has these variables. None if the call does not ask for one.
///
/// # Errors
/// If the environment does not tell, or tells of a share that there can't be.
pub(super) fn shard(
    share: Option<Share>,
    shards: Option<NonZeroU64>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Shard>, String> {
    let number = |name: &str, option: &str| {
        let text = variable(name)
            .ok_or_else(|| format!("`{option}` needs the variable {name}, which is not set"))?;
        text.trim()
            .parse::<u64>()
            .map_err(|_| format!("the variable {name} is {text:?}: that is no whole number"))
    };
    match (share, shards) {
        (None, None) => Ok(None),
        (Some(Share::Of(shard)), _) => Ok(Some(shard)),
        (Some(Share::Slurm), _) => {
            let slurm = |what: &str| number(&format!("SLURM_ARRAY_TASK_{what}"), "--shard slurm");
            let (id, least, count) = (slurm("ID")?, slurm("MIN")?, slurm("COUNT")?);
            let place = id.checked_sub(least).and_then(|place| place.checked_add(1));
            let place = place
                .ok_or_else(|| format!("the task {id} of the job array stands before its first, {least}"))?;
            Shard::new(place, count).map(Some).map_err(|why| {
                format!("{why}; the tasks of the job array must be numbered without gaps, such as 0-9")
            })
        }
        (None, Some(shards)) => {
            let index = number("JOB_COMPLETION_INDEX", "--shards")?;
            Shard::new(index.saturating_add(1), shards.get())
                .map(Some)
                .map_err(|why| format!("{why}; the job's `completions` must be {shards}, as `--shards` says"))
        }
    }
}

/// What the environment says.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(option: &str, shards: Option<u64>, variables: &[(&str, &str)]) -> Result<Option<Shard>, String> {
        let share = (!option.is_empty()).then(|| share(option)).transpose()?;
        let shards = shards.and_then(NonZeroU64::new);
        shard(share, shards, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn slurm(id: &str, least: &str, count: &str) -> Result<String, String> {
        let names = ["SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"];
        let variables: Vec<_> = names.into_iter().zip([id, least, count]).collect();
        Ok(told("slurm", None, &variables)?.unwrap().to_string())
    }

    #[test]
    fn a_share_can_be_said_outright() {
        assert_eq!(told("", None, &[]), Ok(None));
        assert_eq!(told("2/4", None, &[]), Ok(Some(Shard::new(2, 4).unwrap())));
        let why = told("5/4", None, &[]).unwrap_err();
        assert_eq!(
            why,
            "shards of 4 have the numbers 1 to 4: there is no 5; in a Slurm job array write slurm"
        );
    }

    #[test]
    fn a_job_array_may_begin_anywhere() {
        assert_eq!(slurm("0", "0", "4").unwrap(), "1/4");
        assert_eq!(slurm("8", "5", "4").unwrap(), "4/4");
        assert!(slurm("9", "5", "4").unwrap_err().contains("without gaps"));
        assert!(slurm("4", "5", "4").unwrap_err().contains("before its first"));
        assert!(slurm("four", "1", "4").unwrap_err().contains("\"four\": that is no whole number"));
        let why = told("slurm", None, &[]).unwrap_err();
        assert_eq!(why, "`--shard slurm` needs the variable SLURM_ARRAY_TASK_ID, which is not set");
    }

    #[test]
    fn an_indexed_job_counts_from_zero() {
        let index = |index| told("", Some(8), &[("JOB_COMPLETION_INDEX", index)]);
        assert_eq!(index("0").unwrap().unwrap().to_string(), "1/8");
        assert_eq!(index("7").unwrap().unwrap().to_string(), "8/8");
        assert!(index("8").unwrap_err().contains("`completions` must be 8"));
        assert!(told("", Some(8), &[]).unwrap_err().contains("JOB_COMPLETION_INDEX"));
    }
}
