//! Jepsen's histories: maps in EDN, in a vector or one after the other.
//!
//! ```text
//! {:process 0, :type :invoke, :f :write, :value 1}
//! {:process 0, :type :ok, :f :write, :value 1}
//! {:process 1, :type :invoke, :f :cas, :value [:x [1 2]]}
//! ```
//!
//! A value `[key value]` is that of an independent key; what other keys a map has is of no concern. What is no client, such as
//! the nemesis, is passed over.

use super::read::{End, ReadError, Reader, Told};
use super::{History, Request, State};

/// A value in EDN. What histories don't need is kept as its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edn {
    Nil,
    Integer(i64),
    Keyword(String),
    Text(String),
    /// A vector or list.
    Sequence(Vec<Edn>),
    Map(Vec<(Edn, Edn)>),
    Other(String),
}

impl Edn {
    /// The value, as people would write it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Nil => "nil".into(),
            Self::Integer(value) => value.to_string(),
            Self::Keyword(name) => format!(":{name}"),
            Self::Text(text) => format!("{text:?}"),
            Self::Sequence(items) => {
                format!("[{}]", items.iter().map(Self::text).collect::<Vec<_>>().join(" "))
            }
            Self::Map(_) => "a map".into(),
            Self::Other(text) => text.clone(),
        }
    }

    fn state(&self, line: u64) -> Result<State, ReadError> {
        match self {
            Self::Nil => Ok(None),
            Self::Integer(value) => Ok(Some(*value)),
            other => Err(ReadError::new(line, "nil or a whole number as the value", other.text())),
        }
    }
}

/// Reads a history.
///
/// # Errors
/// If it is none.
pub fn read(text: &str) -> Result<History, ReadError> {
    let mut parser = Parser::new(text, 1);
    let mut reader = Reader::default();
    let mut found = 0;
    while let Some((line, value)) = parser.next_map()? {
        found += 1;
        event(&mut reader, line, &value)?;
    }
    if found == 0 {
        return Err(ReadError::new(parser.line, "a map such as {:process 0, :type :invoke, ..}", "the end"));
    }
    Ok(reader.history())
}

fn event(reader: &mut Reader, line: u64, map: &[(Edn, Edn)]) -> Result<(), ReadError> {
    let get = |name: &str| {
        let mut all = map.iter().filter(|(key, _)| matches!(key, Edn::Keyword(it) if it == name));
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => Err(ReadError::new(line, format!("one :{name} in the map"), "several")),
            (first, _) => Ok(first.map(|(_, value)| value)),
        }
    };
    let need = |name: &str| {
        get(name)?.ok_or_else(|| ReadError::new(line, format!(":{name} in the map"), "a map without"))
    };
    let process = match need("process")? {
        Edn::Keyword(_) => return Ok(()),
        Edn::Integer(process) if *process >= 0 => *process as u64,
        other => return Err(ReadError::new(line, "a process number or keyword", other.text())),
    };
    let word = |name: &str| match need(name)? {
        Edn::Keyword(word) => Ok(word.as_str()),
        other => Err(ReadError::new(line, format!("a keyword as :{name}"), other.text())),
    };
    let (what, of) = (word("type")?, word("f")?);
    // Only a read that found nothing says nil.
    let value = if what == "ok" { need("value")? } else { get("value")?.unwrap_or(&Edn::Nil) };
    take(reader, line, (process, what, of), value)
}

/// Takes an event with its value, in either form of Jepsen's.
pub(super) fn take(
    reader: &mut Reader,
    line: u64,
    (process, what, of): (u64, &str, &str),
    value: &Edn,
) -> Result<(), ReadError> {
    if !["read", "write", "cas"].contains(&of) {
        return Err(ReadError::new(line, ":read, :write or :cas", format!(":{of}")));
    }
    match what {
        "invoke" => {
            let (key, request) = request(line, of, value)?;
            reader.invoke(line, process, key, request)
        }
        "fail" => reader.end(line, process, of, End::Fail),
        "info" => reader.end(line, process, of, End::Info),
        "ok" => {
            let (asked, key) = reader.invoked(line, process, of)?;
            let (value_key, value) = keyed(of, value);
            if value_key.as_deref().unwrap_or("") != key {
                let expected = format!("a value of the key that process {process} has asked for, {key:?}");
                return Err(ReadError::new(line, expected, value.text()));
            }
            let told = match asked {
                Request::Read => Told { found: Some(value.state(line)?), ..Told::default() },
                Request::Write(_) | Request::Cas { .. } => {
                    if plain(line, of, value)? != asked {
                        let expected = format!("the value that process {process} has asked for");
                        return Err(ReadError::new(line, expected, value.text()));
                    }
                    Told::default()
                }
            };
            reader.end(line, process, of, End::Ok(told))
        }
        other => Err(ReadError::new(line, ":invoke, :ok, :fail or :info", format!(":{other}"))),
    }
}

/// The key that a value names, if it does, and the rest of it.
fn keyed<'a>(of: &str, value: &'a Edn) -> (Option<String>, &'a Edn) {
    match value {
        Edn::Sequence(pair) if pair.len() == 2 => {
            let [key, rest] = [&pair[0], &pair[1]];
            if of == "cas" && !matches!(rest, Edn::Sequence(_)) {
                (None, value)
            } else {
                (Some(key.text()), rest)
            }
        }
        _ => (None, value),
    }
}

fn request(line: u64, of: &str, value: &Edn) -> Result<(String, Request), ReadError> {
    let (key, value) = keyed(of, value);
    Ok((key.unwrap_or_default(), plain(line, of, value)?))
}

fn plain(line: u64, of: &str, value: &Edn) -> Result<Request, ReadError> {
    match (of, value) {
        ("read", _) => Ok(Request::Read),
        ("write", Edn::Integer(value)) => Ok(Request::Write(*value)),
        ("write", other) => Err(ReadError::new(line, "a whole number to write", other.text())),
        (_, Edn::Sequence(pair)) if pair.len() == 2 => match (pair[0].state(line)?, pair[1].state(line)?) {
            (expected, Some(value)) => Ok(Request::Cas { expected, value }),
            (_, None) => Err(ReadError::new(line, "a whole number to write", "nil")),
        },
        (_, other) => Err(ReadError::new(line, "[expected new] as the value of a :cas", other.text())),
    }
}

/// How deep values may be in each other.
const DEEPEST: u32 = 64;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// How the vectors and lists end in which the maps of a history stand, from the outside.
    ends: Vec<char>,
}

impl<'a> Parser<'a> {
    /// A parser of a text that begins on this line.
    pub(super) fn new(text: &'a str, line: u64) -> Self {
        Self { text, at: 0, line, ends: Vec::new() }
    }

    /// The next map of a history, and its line: at the top or in vectors there.
    #[expect(clippy::type_complexity, reason = "a map with its line")]
    fn next_map(&mut self) -> Result<Option<(u64, Vec<(Edn, Edn)>)>, ReadError> {
        loop {
            self.skip_space();
            let line = self.line;
            match self.peek() {
                None => match self.ends.last() {
                    Some(end) => return Err(self.expected(&format!("`{end}` at the end of the history"))),
                    None => return Ok(None),
                },
                Some(begin @ ('[' | '(')) => {
                    self.bump();
                    self.ends.push(if begin == '[' { ']' } else { ')' });
                }
                found if found == self.ends.last().copied() => {
                    self.bump();
                    self.ends.pop();
                }
                Some(_) => match self.value(0)? {
                    Some(Edn::Map(map)) => return Ok(Some((line, map))),
                    None => {}
                    Some(other) => return Err(ReadError::new(line, "a map of an operation", other.text())),
                },
            }
        }
    }

    /// The next value; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Edn>, ReadError> {
        loop {
            self.skip_space();
            if self.peek().is_none() {
                return Ok(None);
            }
            if let Some(value) = self.value(0)? {
                return Ok(Some(value));
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.at += c.len_utf8();
            self.line += u64::from(c == '\n');
        }
    }

    fn expected(&self, what: &str) -> ReadError {
        let found = self.peek().map_or("the end".to_string(), |c| format!("`{c}`"));
        ReadError::new(self.line, what, found)
    }

    fn skip_space(&mut self) {
        while let Some(c) = self.peek() {
            if c == ';' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.bump();
                }
            } else if c.is_whitespace() || c == ',' {
                self.bump();
            } else {
                break;
            }
        }
    }

    /// A value that begins here; none if one was to be passed over.
    fn value(&mut self, depth: u32) -> Result<Option<Edn>, ReadError> {
        if depth > DEEPEST {
            return Err(self.expected(&format!("at most {DEEPEST} values in each other")));
        }
        match self.peek() {
            Some('{') => self.map(depth).map(Some),
            Some('[') => self.sequence(']', depth).map(|items| Some(Edn::Sequence(items))),
            Some('(') => self.sequence(')', depth).map(|items| Some(Edn::Sequence(items))),
            Some('"') => self.string().map(|text| Some(Edn::Text(text))),
            Some('#') => self.tagged(depth),
            Some('\\') => {
                self.bump();
                self.bump();
                Ok(Some(Edn::Other(format!("\\{}", self.word()))))
            }
            Some(c) if !is_end(c) => Ok(Some(atom(self.word()))),
            _ => Err(self.expected("a value")),
        }
    }

    fn sequence(&mut self, end: char, depth: u32) -> Result<Vec<Edn>, ReadError> {
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(c) if c == end => break,
                None => return Err(self.expected(&format!("`{end}`"))),
                Some(_) => items.extend(self.value(depth + 1)?),
            }
        }
        self.bump();
        Ok(items)
    }

    fn map(&mut self, depth: u32) -> Result<Edn, ReadError> {
        let items = self.sequence('}', depth)?;
        if items.len() % 2 == 1 {
            return Err(ReadError::new(self.line, "a value for each key of the map", "a key without"));
        }
        let mut items = items.into_iter();
        let mut pairs = Vec::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            pairs.push((key, value));
        }
        Ok(Edn::Map(pairs))
    }

    /// After `#`: a set, something to be passed over, or a tag, whose value is taken for itself.
    fn tagged(&mut self, depth: u32) -> Result<Option<Edn>, ReadError> {
        self.bump();
        match self.peek() {
            Some('{') => self.sequence('}', depth).map(|_| Some(Edn::Other("a set".into()))),
            Some('_') => {
                self.bump();
                self.skip_space();
                self.value(depth + 1).map(|_| None)
            }
            _ => {
                self.word();
                self.skip_space();
                self.value(depth + 1)
            }
        }
    }

    fn string(&mut self) -> Result<String, ReadError> {
        let line = self.line;
        self.bump();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(ReadError::new(line, "`\"` at the end of a string", "the end")),
                Some('"') => break,
                Some('\\') => {
                    self.bump();
                    text.extend(self.peek());
                }
                Some(c) => text.push(c),
            }
            self.bump();
        }
        self.bump();
        Ok(text)
    }

    fn word(&mut self) -> &'a str {
        let from = self.at;
        while self.peek().is_some_and(|c| !is_end(c)) {
            self.bump();
        }
        &self.text[from..self.at]
    }
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || "{}[]()\",;".contains(c)
}

fn atom(word: &str) -> Edn {
    if word == "nil" {
        return Edn::Nil;
    }
    if let Some(name) = word.strip_prefix(':') {
        return Edn::Keyword(name.into());
    }
    match word.strip_suffix('N').unwrap_or(word).parse() {
        Ok(value) => Edn::Integer(value),
        Err(_) => Edn::Other(word.into()),
    }
}
