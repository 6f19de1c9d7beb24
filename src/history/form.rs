//! The forms that histories have.

/// The forms of histories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Jepsen's histories: maps in EDN, such as `{:process 0, :type :invoke, :f :write, :value 1}`.
    Edn,
    /// Jepsen's logs: lines such as `INFO jepsen.util - 4 :invoke :read nil`.
    JepsenLog,
    /// Squall's own: one JSON object a line.
    JsonLines,
}

impl Form {
    /// The form that a text looks like; none if like no history.
    pub fn of(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
        lines.peek()?;
        let Some(line) = lines.find(|line| !line.starts_with(';')) else { return Some(Self::Edn) };
        match line.strip_prefix('{').map(str::trim_start) {
            Some(rest) if rest.starts_with('"') => Some(Self::JsonLines),
            Some(_) => Some(Self::Edn),
            None if line.starts_with(['[', '(', '#']) => Some(Self::Edn),
            None => text.contains("jepsen.util").then_some(Self::JepsenLog),
        }
    }

    /// An operation's beginning in this form.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Edn => "{:process 0, :type :invoke, :f :write, :value 1}",
            Self::JepsenLog => "INFO jepsen.util - 4 :invoke :read nil",
            Self::JsonLines => r#"{"process":1,"type":"invoke","f":"read","key":"k3"}"#,
        }
    }

    /// Whether a process ends with an operation of which nobody knows how it ended.
    ///
    /// So says Jepsen, which goes on with a new process. In Squall's own histories a process is but a place for an operation that
    /// is under way.
    pub(super) const fn ends_processes(self) -> bool {
        matches!(self, Self::Edn | Self::JepsenLog)
    }
}

/// How to tell the forms apart, in words.
pub(super) fn all() -> String {
    format!(
        "a history is Jepsen's in EDN and begins with maps such as `{}`, or Jepsen's log and has lines such as `{}`, or Squall's own \
         and begins with lines such as `{}`",
        Form::Edn.example(),
        Form::JepsenLog.example(),
        Form::JsonLines.example()
    )
}
