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

use super::mistake::{Mistake, Place};
use super::read::{End, Reader, Told};
use super::{Request, State};

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

    fn state(&self, place: Place) -> Result<State, Mistake> {
        match self {
            Self::Nil => Ok(None),
            Self::Integer(value) => Ok(Some(*value)),
            other => Err(Mistake::new(place, "nil or a whole number as the value", other.text())),
        }
    }
}

/// Reads a history that begins here in a text.
pub(super) fn read(text: &str, from: usize, reader: &mut Reader) {
    let mut parser = Parser::new(text, from, 1);
    let mut maps = 0;
    loop {
        match parser.next_event() {
            Ok(None) => return,
            Ok(Some((place, Edn::Map(map)))) => {
                maps += 1;
                if let Err(refused) = event(reader, place, &map) {
                    reader.refuse(refused.0, refused.1);
                }
            }
            // Some other text that begins with a bracket.
            Ok(Some((place, other))) if maps == 0 && reader.is_empty() => {
                return reader.refuse_form(place, &other.text());
            }
            Ok(Some((place, other))) => {
                reader.refuse(None, Mistake::new(place, "a map of an operation", other.text()));
            }
            Err(mistake) => {
                // What seems wrong after it may not be, unless it ends with its line.
                let ends = reader.has_many_mistakes() || !parser.goes_on(mistake.place);
                reader.refuse(None, mistake);
                if ends {
                    return;
                }
            }
        }
    }
}

/// What is wrong, and with whose map if that is known.
type Refused = Box<(Option<u64>, Mistake)>;

fn event(reader: &mut Reader, place: Place, map: &[(Edn, Edn)]) -> Result<(), Refused> {
    let map = Event { place, map };
    let process = match map.need("process").map_err(|mistake| Box::new((None, mistake)))? {
        Edn::Keyword(_) => return Ok(()),
        Edn::Integer(process) if *process >= 0 => *process as u64,
        other => {
            return Err(Box::new((None, Mistake::new(place, "a process number or keyword", other.text()))));
        }
    };
    map.taken(reader, process).map_err(|mistake| Box::new((Some(process), mistake)))
}

/// The map of an event.
struct Event<'a> {
    place: Place,
    map: &'a [(Edn, Edn)],
}

impl<'a> Event<'a> {
    fn get(&self, name: &str) -> Result<Option<&'a Edn>, Mistake> {
        let mut all = self.map.iter().filter(|(key, _)| matches!(key, Edn::Keyword(it) if it == name));
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => Err(Mistake::new(self.place, format!("one :{name} in the map"), "several")),
            (first, _) => Ok(first.map(|(_, value)| value)),
        }
    }

    fn need(&self, name: &str) -> Result<&'a Edn, Mistake> {
        let missing = || Mistake::new(self.place, format!(":{name} in the map"), "a map without");
        self.get(name)?.ok_or_else(missing)
    }

    fn word(&self, name: &str) -> Result<&'a str, Mistake> {
        match self.need(name)? {
            Edn::Keyword(word) => Ok(word.as_str()),
            other => Err(Mistake::new(self.place, format!("a keyword as :{name}"), other.text())),
        }
    }

    fn taken(&self, reader: &mut Reader, process: u64) -> Result<(), Mistake> {
        let (what, of) = (self.word("type")?, self.word("f")?);
        // Only a read that found nothing says nil.
        let value = if what == "ok" { self.need("value")? } else { self.get("value")?.unwrap_or(&Edn::Nil) };
        take(reader, self.place, (process, what, of), value)
    }
}

/// Takes an event with its value, in either form of Jepsen's.
pub(super) fn take(
    reader: &mut Reader,
    place: Place,
    (process, what, of): (u64, &str, &str),
    value: &Edn,
) -> Result<(), Mistake> {
    if !["read", "write", "cas"].contains(&of) {
        let help = "only histories of reads, writes and compare-and-sets are judged";
        return Err(Mistake::new(place, ":read, :write or :cas", format!(":{of}")).help(help));
    }
    match what {
        "invoke" => {
            let (key, request) = request(place, of, value)?;
            reader.names_key(place, key.is_some())?;
            reader.invoke(place, process, key.unwrap_or_default(), request)
        }
        "fail" => reader.end(place, process, of, End::Fail),
        "info" => reader.end(place, process, of, End::Info),
        "ok" => {
            let told = told(reader, place, (process, of), value)?;
            reader.end(place, process, of, End::Ok(told))
        }
        other => {
            let help = "an operation begins with :invoke; :ok says that it is done, :fail that it had no effect, :info that nobody knows";
            Err(Mistake::new(place, ":invoke, :ok, :fail or :info", format!(":{other}")).help(help))
        }
    }
}

/// What the value tells of an operation that is done.
fn told(reader: &Reader, place: Place, (process, of): (u64, &str), value: &Edn) -> Result<Told, Mistake> {
    let (asked, key) = reader.invoked(place, process, of)?;
    let beside = |mistake: Mistake| match reader.invocation(process) {
        Some(begun) => mistake.beside(begun, "its invocation"),
        None => mistake,
    };
    let (value_key, value) = keyed(of, value);
    if value_key.as_deref().unwrap_or("") != key {
        let expected = match key {
            "" => format!("a value without a key, as process {process} has asked for"),
            key => format!("a value of the key that process {process} has asked for, {key}"),
        };
        let help = "a return names the key of its invocation";
        let found = value_key.map_or_else(|| value.text(), |key| format!("[{key} {}]", value.text()));
        return Err(beside(Mistake::new(place, expected, found).help(help)));
    }
    match asked {
        Request::Read => Ok(Told { found: Some(value.state(place)?), ..Told::default() }),
        Request::Write(_) | Request::Cas { .. } if plain(place, of, value)? == asked => Ok(Told::default()),
        Request::Write(_) | Request::Cas { .. } => {
            let expected = format!("the value that process {process} has asked for");
            let help = "a return has the value of its invocation; only a read's is what it found";
            Err(beside(Mistake::new(place, expected, value.text()).help(help)))
        }
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

fn request(place: Place, of: &str, value: &Edn) -> Result<(Option<String>, Request), Mistake> {
    let (key, value) = keyed(of, value);
    Ok((key, plain(place, of, value)?))
}

fn plain(place: Place, of: &str, value: &Edn) -> Result<Request, Mistake> {
    match (of, value) {
        ("read", _) => Ok(Request::Read),
        ("write", Edn::Integer(value)) => Ok(Request::Write(*value)),
        ("write", other) => Err(Mistake::new(place, "a whole number to write", other.text())),
        (_, Edn::Sequence(pair)) if pair.len() == 2 => match (pair[0].state(place)?, pair[1].state(place)?) {
            (expected, Some(value)) => Ok(Request::Cas { expected, value }),
            (_, None) => Err(Mistake::new(place, "a whole number to write", "nil")),
        },
        (_, other) => Err(Mistake::new(place, "[expected new] as the value of a :cas", other.text())),
    }
}

/// How deep values may be in each other.
const DEEPEST: u32 = 64;

pub(super) struct Parser<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    /// Where what comes next at the top of the history begins.
    begun: Place,
    /// How the vectors and lists end in which the maps of a history stand, from the outside.
    ends: Vec<char>,
}

impl<'a> Parser<'a> {
    /// A parser of a text, from a place in it, which is on this line.
    pub(super) fn new(text: &'a str, at: usize, line: u64) -> Self {
        Self { text, at, line, begun: Place { line, start: at, end: at }, ends: Vec::new() }
    }

    /// Goes on at the next line that begins with a map where that with the mistake did, or before. Whether there is one.
    fn goes_on(&mut self, mistake: Place) -> bool {
        let Place { mut line, start: mut rest, .. } = self.begun;
        if mistake.start == rest && self.text[rest..].starts_with(['}', ']', ')']) {
            // It closes what another was to close, or nothing.
            self.ends.pop();
            self.bump();
            return true;
        }
        let most = rest - self.text[..rest].rfind('\n').map_or(0, |end| end + 1);
        while let Some(end) = self.text[rest..].find('\n') {
            rest += end + 1;
            line += 1;
            let blank = self.text[rest..].find(|c: char| c != ' ' && c != '\t').unwrap_or(0);
            let begins = ["{:", "#jepsen"].iter().any(|begin| self.text[rest + blank..].starts_with(begin));
            if blank <= most && begins {
                (self.at, self.line) = (rest, line);
                return true;
            }
        }
        false
    }

    /// The next value of a history, and its place: at the top or in vectors there.
    fn next_event(&mut self) -> Result<Option<(Place, Edn)>, Mistake> {
        loop {
            self.skip_space();
            let (line, start) = (self.line, self.at);
            self.begun = self.here();
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
                Some(_) => {
                    if let Some(value) = self.value(0)? {
                        return Ok(Some((Place { line, start, end: self.at }, value)));
                    }
                }
            }
        }
    }

    /// The character that comes next.
    fn here(&self) -> Place {
        let end = self.at + self.peek().map_or(0, char::len_utf8);
        Place { line: self.line, start: self.at, end }
    }

    /// The next value; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Edn>, Mistake> {
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

    fn expected(&self, what: &str) -> Mistake {
        let found = self.peek().map_or("the end".to_string(), |c| format!("`{c}`"));
        Mistake::new(self.here(), what, found)
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
    fn value(&mut self, depth: u32) -> Result<Option<Edn>, Mistake> {
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

    fn sequence(&mut self, end: char, depth: u32) -> Result<Vec<Edn>, Mistake> {
        let begun = self.here();
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(c) if c == end => break,
                None => {
                    let help = format!("close what is opened here with `{end}`");
                    return Err(Mistake::new(begun, format!("`{end}`"), "the end").help(help));
                }
                Some(_) => items.extend(self.value(depth + 1)?),
            }
        }
        self.bump();
        Ok(items)
    }

    fn map(&mut self, depth: u32) -> Result<Edn, Mistake> {
        let begun = self.here();
        let items = self.sequence('}', depth)?;
        if items.len() % 2 == 1 {
            let expected = "a value for each key of the map";
            return Err(Mistake::new(Place { end: self.at, ..begun }, expected, "a key without"));
        }
        let mut items = items.into_iter();
        let mut pairs = Vec::new();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            pairs.push((key, value));
        }
        Ok(Edn::Map(pairs))
    }

    /// After `#`: a set, something to be passed over, or a tag, whose value is taken for itself.
    fn tagged(&mut self, depth: u32) -> Result<Option<Edn>, Mistake> {
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

    fn string(&mut self) -> Result<String, Mistake> {
        let begun = self.here();
        self.bump();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => {
                    let help = "close what is opened here with `\"`";
                    return Err(Mistake::new(begun, "`\"` at the end of a string", "the end").help(help));
                }
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
