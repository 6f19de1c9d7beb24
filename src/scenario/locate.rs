//! Finds the place of a field path in RON text, so that an error of meaning can point at what it is about.
//!
//! The tree it builds holds spans and nothing else. It is lenient: of text that the parser refuses, what stands before
//! the mistake is still found. It works in one pass without recursion; what is nested deeper than any scenario is
//! skipped.

use super::path::Step;
use std::ops::Range;

/// No shape is nested deeper than this.
const DEEPEST: usize = 32;

/// The spans of all values in a text.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    /// Where what is never closed begins: a comment, else the innermost bracket.
    unclosed: Option<usize>,
    /// Where the first text in quotes begins that was hardly meant to end where it does.
    overlong: Option<usize>,
}

/// One value, or the document around them (the first node).
#[derive(Clone, Debug, Default)]
struct Node {
    span: Range<u32>,
    /// The struct's or variant's name before the bracket; empty if it has none.
    name: Range<u32>,
    /// The field's name; empty for an element.
    key: Range<u32>,
    children: Vec<u32>,
}

impl<'t> Tree<'t> {
    /// Builds the tree of this text, which is shorter than 4 GiB.
    pub(super) fn new(text: &'t str) -> Self {
        let mut builder = Builder {
            text,
            at: 0,
            nodes: vec![Node::default()],
            open: vec![0],
            key: 0..0,
            deeper: 0,
            unclosed_comment: None,
            overlong: None,
        };
        builder.skip_attributes();
        while builder.at < text.len() {
            builder.step();
        }
        let bracket = builder.open[1..].last().map(|&node| builder.bracket(node));
        for &node in &builder.open {
            builder.nodes[node as usize].span.end = text.len() as u32;
        }
        let Builder { unclosed_comment, overlong, nodes, .. } = builder;
        Self { text, unclosed: unclosed_comment.or(bracket), overlong, nodes }
    }

    /// The span of the value that these steps lead to, or of its name if they end with it.
    pub(super) fn value(&self, steps: &[Step<'_>]) -> Option<Range<usize>> {
        match steps {
            [entry @ .., Step::Key] => self.find(entry).map(|node| widen(&self.nodes[node].key)),
            _ => self.find(steps).map(|node| widen(&self.nodes[node].span)),
        }
    }

    /// The name that best stands for the value that these steps lead to: its own, else its field's; else its bracket.
    pub(super) fn head(&self, steps: &[Step<'_>]) -> Option<Range<usize>> {
        let node = &self.nodes[self.find(steps)?];
        let names = [&node.name, &node.key, &(node.span.start..node.span.start + 1)];
        names.into_iter().find(|name| !name.is_empty()).map(widen)
    }

    /// Where what is never closed begins: a comment, else the innermost bracket.
    pub(super) fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    /// Where the first text in quotes begins whose closing quote something follows at once: it was hardly meant to end
    /// there, and the quote to open another.
    pub(super) fn overlong(&self) -> Option<usize> {
        self.overlong
    }

    /// The field whose name begins here, name and value together.
    pub(super) fn field_named_at(&self, at: usize) -> Option<Range<usize>> {
        let node = self.nodes.iter().find(|node| !node.key.is_empty() && node.key.start as usize == at)?;
        Some(at..node.span.end as usize)
    }

    /// The span of the item of a list that this path, as people read it, leads into: `faults[2].do`.
    pub(super) fn item(&self, path: &str) -> Option<Range<usize>> {
        let (list, rest) = path.split_once('[')?;
        let (number, _) = rest.split_once(']')?;
        self.value(&[Step::Field(list), Step::Item(number.parse().ok()?)])
    }

    /// The innermost value around this place, and the name of its field.
    pub(super) fn value_around(&self, at: usize) -> Option<(Range<usize>, &'t str)> {
        let around = |node: &usize| widen(&self.nodes[*node].span).contains(&at);
        let node = (1..self.nodes.len()).rev().find(around)?;
        Some((widen(&self.nodes[node].span), self.key(node)))
    }

    /// Where a field can be put into the struct that these steps lead to, or into the one that it wraps, and whether it is the
    /// first there: otherwise a comma goes before it.
    pub(super) fn room(&self, steps: &[Step<'_>]) -> Option<(usize, bool)> {
        let mut node = self.find(steps)?;
        while let Some(inner) = self.only_element(node) {
            node = inner;
        }
        let Node { span, name, children, .. } = &self.nodes[node];
        let after_name = name.end.max(span.start) as usize;
        let bracket = self.text.get(after_name..)?;
        let bracket = after_name + bracket.len() - bracket.trim_start().len();
        if !self.text[bracket..span.end as usize].starts_with('(') {
            return None;
        }
        match children.first() {
            None => Some((bracket + 1, true)),
            Some(&first) if self.nodes[first as usize].key.is_empty() => None,
            Some(&first) => Some((self.nodes[first as usize].span.end as usize, false)),
        }
    }

    /// The name of the scenario's first field.
    pub(super) fn first_field(&self) -> Option<Range<usize>> {
        let first = *self.nodes[self.find(&[])?].children.first()? as usize;
        let key = &self.nodes[first].key;
        (!key.is_empty()).then(|| widen(key))
    }

    fn find(&self, steps: &[Step<'_>]) -> Option<usize> {
        let mut here = *self.nodes[0].children.first()? as usize;
        for step in steps {
            here = match step {
                Step::Field(name) => self.field(here, name)?,
                Step::Item(index) | Step::Entry(_, index) => {
                    let list = self.unwrap(here);
                    *self.nodes[list].children.get(*index)? as usize
                }
                Step::Variant(name) => self.variant(here, name),
                Step::Key => here,
            };
        }
        Some(here)
    }

    /// The field of this name, in the value itself or in the one that it wraps.
    fn field(&self, mut node: usize, name: &str) -> Option<usize> {
        loop {
            let mut children = self.nodes[node].children.iter().map(|&child| child as usize);
            if let Some(child) = children.find(|&child| self.key(child) == name) {
                return Some(child);
            }
            node = self.only_element(node)?;
        }
    }

    /// The variant of this name: the value itself or the one that it wraps.
    fn variant(&self, node: usize, name: &str) -> usize {
        match self.only_element(node) {
            Some(inner) if self.name(node) != name && self.name(inner) == name => inner,
            _ => node,
        }
    }

    /// The list that variants hold, as in `Some([..])` or `Crash(Nodes([..]))`, or the value itself.
    fn unwrap(&self, node: usize) -> usize {
        let mut here = node;
        while let Some(inner) = self.only_element(here).filter(|_| !self.nodes[here].name.is_empty()) {
            here = inner;
            let start = self.nodes[here].span.start as usize;
            if self.text[start..].starts_with('[') {
                return here;
            }
        }
        node
    }

    fn only_element(&self, node: usize) -> Option<usize> {
        match self.nodes[node].children[..] {
            [child] if self.nodes[child as usize].key.is_empty() => Some(child as usize),
            _ => None,
        }
    }

    fn key(&self, node: usize) -> &'t str {
        let key = &self.text[widen(&self.nodes[node].key)];
        let unquoted = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        unquoted.or(key.strip_prefix("r#")).unwrap_or(key)
    }

    /// The value's name; for a plain word the word itself.
    fn name(&self, node: usize) -> &'t str {
        let node = &self.nodes[node];
        &self.text[widen(if node.name.is_empty() { &node.span } else { &node.name })]
    }
}

fn widen(span: &Range<u32>) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// The tree while it grows.
struct Builder<'t> {
    text: &'t str,
    at: usize,
    nodes: Vec<Node>,
    /// The nodes whose brackets are open; the document at the bottom.
    open: Vec<u32>,
    /// The field name that the next value belongs to.
    key: Range<u32>,
    /// How many brackets are open beyond [`DEEPEST`].
    deeper: usize,
    /// Where the comment begins that never ends.
    unclosed_comment: Option<usize>,
    /// Where the first text begins that was hardly meant to end where it does.
    overlong: Option<usize>,
}

impl Builder<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Where the bracket of an open node stands.
    fn bracket(&self, node: u32) -> usize {
        let Node { span, name, .. } = &self.nodes[node as usize];
        let after_name = name.end.max(span.start) as usize;
        let at = self.text[after_name..].find('(').filter(|_| !name.is_empty());
        after_name + at.unwrap_or(0)
    }

    /// `#![enable(..)]` and the like at the head of the file.
    fn skip_attributes(&mut self) {
        self.skip_blank();
        while self.rest().starts_with("#!") {
            self.at += self.rest().find(']').map_or(self.rest().len(), |end| end + 1);
            self.skip_blank();
        }
    }

    /// Takes one token.
    fn step(&mut self) {
        self.skip_blank();
        let Some(first) = self.rest().chars().next() else { return };
        match first {
            '(' | '[' | '{' => self.enter(self.at..self.at),
            ')' | ']' | '}' => self.leave(),
            ',' => {
                self.key = 0..0;
                self.at += 1;
            }
            _ => self.word(),
        }
    }

    /// A word, number, string or character: a field's name, a struct's name or a value of its own.
    fn word(&mut self) {
        let start = self.at;
        self.at += token(self.rest()).max(self.rest().chars().next().map_or(0, char::len_utf8));
        let word = start..self.at;
        // A quote that closes a text is followed by something else than one that opens one.
        let opens =
            |c: char| c.is_alphanumeric() || matches!(c, '"' | '\\' | '{' | '[' | '(' | '#' | '+' | '-');
        if self.text[word.clone()].starts_with('"') && self.rest().starts_with(opens) {
            self.overlong.get_or_insert(start);
        }
        self.skip_blank();
        match self.rest().as_bytes().first() {
            Some(b':') => {
                self.key = narrow(&word);
                self.at += 1;
            }
            Some(b'(') => self.enter(word),
            _ => {
                self.add(Node { span: narrow(&word), ..Node::default() });
            }
        }
    }

    /// Opens a bracket, with the struct's or variant's name before it.
    fn enter(&mut self, name: Range<usize>) {
        let start = if name.is_empty() { self.at } else { name.start };
        self.at += 1;
        if self.open.len() > DEEPEST {
            self.deeper += 1;
            return;
        }
        let span = narrow(&(start..self.at));
        let node = self.add(Node { span, name: narrow(&name), ..Node::default() });
        self.open.push(node);
    }

    fn leave(&mut self) {
        self.at += 1;
        self.key = 0..0;
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if self.open.len() > 1
            && let Some(node) = self.open.pop()
        {
            self.nodes[node as usize].span.end = self.at as u32;
        }
    }

    fn add(&mut self, node: Node) -> u32 {
        let index = self.nodes.len() as u32;
        if self.deeper > 0 {
            return index;
        }
        let key = std::mem::take(&mut self.key);
        self.nodes.push(Node { key, ..node });
        if let Some(&parent) = self.open.last() {
            self.nodes[parent as usize].children.push(index);
        }
        index
    }

    /// Skips white space and comments; block comments nest.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_blank).len();
            let rest = self.rest();
            self.at += if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                let length = block_comment(rest);
                if length.is_none() {
                    self.unclosed_comment = Some(self.at);
                }
                length.unwrap_or(self.text.len() - self.at)
            } else {
                return;
            };
        }
    }
}

/// The white space of RON.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '\n'
            | '\r'
            | '\x0B'
            | '\x0C'
            | '\u{85}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

fn narrow(span: &Range<usize>) -> Range<u32> {
    span.start as u32..span.end as u32
}

/// How long the block comment is that the text begins with; none if it never ends.
fn block_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut level) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at..] {
            [b'/', b'*', ..] => {
                level += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                level -= 1;
                at += 2;
                if level == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// How long the token is that the text begins with; 0 if none begins here.
fn token(text: &str) -> usize {
    let unprefixed = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - unprefixed.len();
    let length = if unprefixed.starts_with('"') {
        quoted(unprefixed, '"')
    } else if unprefixed.starts_with('\'') {
        quoted(unprefixed, '\'')
    } else if let Some(length) = raw_string(unprefixed) {
        length
    } else {
        return text.find(|c: char| is_blank(c) || "()[]{},:;=\"'/".contains(c)).unwrap_or(text.len());
    };
    prefix + length
}

/// How long a string or character with this quote is, its escapes jumped over.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote && !(quote == '\'' && at == 1) => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// How long the raw string `r#".."#` is that the text begins with, if it begins with one.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'t>(text: &'t str, steps: &[Step<'_>]) -> Option<&'t str> {
        Tree::new(text).value(steps).map(|span| &text[span])
    }

    #[test]
    fn fields_elements_and_variants_are_found() {
        use Step::{Field, Item, Variant};
        let text = r##"#![enable(x)] Top(a: 1, r#b: [x, Y("(]", 'c'), /* a: 2 */ (z: r#"")"#)], // c: 3
            c: Some((d: '\'', e: b"]")), "f": {"g": (1, 2,)}, h: Wrap(Inner(i: -1.5)))"##;
        for (steps, expected) in [
            (&[Field("a")][..], Some("1")),
            (&[Field("b"), Item(0)], Some("x")),
            (&[Field("b"), Item(1)], Some(r#"Y("(]", 'c')"#)),
            (&[Field("b"), Item(1), Variant("Y"), Item(1)], Some("'c'")),
            (&[Field("b"), Item(2), Field("z")], Some(r##"r#"")"#"##)),
            (&[Field("b"), Item(3)], None),
            (&[Field("c"), Field("d")], Some(r"'\''")),
            (&[Field("c"), Field("e")], Some("b\"]\"")),
            (&[Field("f"), Field("g"), Item(1)], Some("2")),
            (&[Field("h"), Variant("Inner"), Field("i")], Some("-1.5")),
            (&[Field("h"), Variant("Wrap"), Field("i")], Some("-1.5")),
            (&[Field("x")], None),
        ] {
            assert_eq!(found(text, steps), expected, "{steps:?}");
        }
        assert_eq!(Tree::new(text).first_field().map(|span| &text[span]), Some("a"));
        assert_eq!(Tree::new(text).head(&[Field("c")]).map(|span| &text[span]), Some("Some"));
        assert_eq!(Tree::new(text).head(&[Field("b")]).map(|span| &text[span]), Some("r#b"));
    }

    #[test]
    fn of_broken_text_the_sound_part_is_found() {
        let steps = [Step::Field("a"), Step::Item(1)];
        for text in ["(a: [1, 2", "(a: [1, 2, \"", "(a: [1, 2, /* ", "(a: [1, 2)))]", "(a: [1, 2 ? % ;"] {
            assert_eq!(found(text, &steps), Some("2"), "{text}");
        }
        for (text, unclosed) in [
            ("", None),
            ("(a)", None),
            ("(a [b", Some(3)),
            ("(a /* [", Some(3)),
            ("( Name (b", Some(7)),
            ("a)]", None),
        ] {
            assert_eq!(Tree::new(text).unclosed(), unclosed, "{text}");
        }
    }

    /// A value, to be written with blanks and comments wherever they may stand.
    #[derive(Clone, Debug)]
    enum Value {
        Leaf(String),
        List(Vec<Value>),
        Struct(String, Vec<Value>),
        Tuple(String, Vec<Value>),
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            "[a-zA-Z_]{1,5}|[0-9]{1,3}|-1\\.5e3|0x1f",
            "\"([a-z(\\[{,:é/*' ]|\\\\\"|\\\\\\\\){0,6}\"",
            "r\"[a-z)\\]},:/*'\\\\]{0,5}\"|r##\"[a-z)\",]{0,3}#[a-z]\"##",
            "'[a-z(\"]'|'\\\\''|b'\\)'|b\"[(,]\"",
        ]
        .prop_filter("a raw string, not a name", |text| !matches!(text.as_str(), "r" | "b" | "br"));
        leaf.prop_map(Value::Leaf).prop_recursive(4, 40, 5, |inner| {
            let name = "([A-Z][a-z]{1,4})?";
            let many = || proptest::collection::vec(inner.clone(), 0..5);
            prop_oneof![
                many().prop_map(Value::List),
                (name, many()).prop_map(|(name, fields)| Value::Struct(name, fields)),
                (name, proptest::collection::vec(inner.clone(), 2..5))
                    .prop_map(|(name, elements)| Value::Tuple(name, elements)),
            ]
        })
    }

    /// The way to a value: fields and elements by their number.
    type Way = Vec<(Option<usize>, usize)>;

    /// Writes a value, and notes the place of each value within.
    struct Writer<'a> {
        text: String,
        blanks: std::iter::Cycle<std::slice::Iter<'a, String>>,
        places: Vec<(Way, Range<usize>)>,
    }

    impl Writer<'_> {
        fn blank(&mut self) {
            let blank = self.blanks.next().map_or("", |blank| blank.as_str());
            self.text.push_str(blank);
        }

        fn write(&mut self, value: &Value, path: &[(Option<usize>, usize)]) {
            self.blank();
            let start = self.text.len();
            let end = match value {
                Value::Leaf(text) => {
                    self.text.push_str(text);
                    self.text.len()
                }
                Value::List(elements) => self.many("", '[', ']', elements, false, path),
                Value::Struct(name, fields) => self.many(name, '(', ')', fields, true, path),
                Value::Tuple(name, elements) => self.many(name, '(', ')', elements, false, path),
            };
            self.places.push((path.to_vec(), start..end));
            self.blank();
        }

        fn many(
            &mut self,
            name: &str,
            open: char,
            close: char,
            values: &[Value],
            named: bool,
            path: &[(Option<usize>, usize)],
        ) -> usize {
            self.text.push_str(name);
            if !name.is_empty() {
                self.blank();
            }
            self.text.push(open);
            for (i, value) in values.iter().enumerate() {
                self.blank();
                if named {
                    self.text.push_str(&format!("field{i}"));
                    self.blank();
                    self.text.push(':');
                }
                let mut path = path.to_vec();
                path.push(if named { (Some(i), 0) } else { (None, i) });
                self.write(value, &path);
                self.text.push(',');
            }
            self.blank();
            self.text.push(close);
            self.text.len()
        }
    }

    proptest! {
        #[test]
        fn every_value_is_found_where_it_was_written(
            value in value(),
            blanks in proptest::collection::vec("( |\t|\r?\n|//[a-z\"(,:]{0,3}\n|/\\*([a-z)\"':,]|/\\*[(,]\\*/){0,3}\\*/){0,2}", 1..9),
        ) {
            let mut writer = Writer { text: String::new(), blanks: blanks.iter().cycle(), places: Vec::new() };
            writer.write(&value, &[]);
            let text = writer.text;
            let tree = Tree::new(&text);
            let names: Vec<String> = (0..5).map(|i| format!("field{i}")).collect();
            for (path, place) in writer.places {
                let step = |&(field, item): &(Option<usize>, usize)| {
                    field.map_or(Step::Item(item), |field: usize| Step::Field(&names[field]))
                };
                let steps: Vec<Step<'_>> = path.iter().map(step).collect();
                prop_assert_eq!(tree.value(&steps), Some(place), "{:?} in {}", steps, &text);
            }
            prop_assert_eq!(tree.unclosed(), None);
        }

        #[test]
        fn any_text_has_a_tree(text in "([(\\[{})\\],:\"'r#b/*\\\\ ]|//|/\\*|\n|a|é){0,80}") {
            let tree = Tree::new(&text);
            for node in &tree.nodes {
                for span in [&node.span, &node.name, &node.key] {
                    prop_assert!(text.get(widen(span)).is_some(), "{span:?} in {text:?}");
                }
            }
            prop_assert!(tree.unclosed().is_none_or(|at| at < text.len()));
        }
    }
}
