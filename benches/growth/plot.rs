//! Curves over quantities of many magnitudes, as an SVG.

const WIDTH: f64 = 830.0;
const HEIGHT: f64 = 430.0;
/// Left, right, top and bottom of the plot.
const FRAME: [f64; 4] = [60.0, 660.0, 50.0, 370.0];
/// Those of Okabe and Ito, which colour-blind readers can tell apart; each with a dash of its own besides.
const STROKES: [(&str, &str); 5] =
    [("#0072b2", ""), ("#d55e00", "7 3"), ("#009e73", "2 3"), ("#cc79a7", "10 3 2 3"), ("#000000", "4 2")];
/// Labels at the ends of curves are at least so far apart.
const LABEL_HEIGHT: f64 = 15.0;

/// A curve with its name: how much it costs with how many.
pub(crate) type Curve<'c> = (&'c str, Vec<(f64, f64)>);

/// Draws each curve relative to its first point: how many times as much it costs. Both axes are logarithmic.
pub(crate) fn plot(curves: &[Curve<'_>]) -> String {
    let of_first = |points: &[(f64, f64)]| points.iter().map(|(x, y)| (*x, y / points[0].1)).collect();
    let relative: Vec<Curve<'_>> = curves.iter().map(|(name, points)| (*name, of_first(points))).collect();
    let scale = Scale::of(&relative);
    let [left, ..] = FRAME;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<title>How the cost of a message grows</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="{left}" y="24" font-size="14">Cost of a message, as a multiple of that with the least of it</text>
"##
    );
    svg += &scale.axes();
    for ((_, points), stroke) in relative.iter().zip(STROKES) {
        svg += &scale.curve(points, stroke);
    }
    svg + &scale.labels(&relative) + "</svg>\n"
}

/// Where sizes and costs lie.
struct Scale {
    magnitudes: f64,
    halvings: f64,
    doublings: f64,
}

impl Scale {
    fn of(curves: &[Curve<'_>]) -> Self {
        let all = || curves.iter().flat_map(|(_, points)| points);
        Self {
            magnitudes: all().map(|(x, _)| x.log10()).fold(1.0, f64::max).ceil(),
            halvings: all().map(|(_, y)| y.log2()).fold(-1.0, f64::min).floor(),
            doublings: all().map(|(_, y)| y.log2()).fold(1.0, f64::max).ceil(),
        }
    }

    fn x(&self, size: f64) -> f64 {
        let [left, right, ..] = FRAME;
        left + (right - left) * size.log10() / self.magnitudes
    }

    fn y(&self, cost: f64) -> f64 {
        let [.., upper, lower] = FRAME;
        lower - (lower - upper) * (cost.log2() - self.halvings) / (self.doublings - self.halvings)
    }

    fn axes(&self) -> String {
        let [left, right, upper, lower] = FRAME;
        let mut svg = String::new();
        for doubling in self.halvings as i32..=self.doublings as i32 {
            let cost = f64::from(doubling).exp2();
            let (at, x) = (self.y(cost), left - 8.0);
            svg += &format!(r##"<path d="M{left} {at:.1}H{right}" stroke="#dddddd"/>"##);
            svg += &format!(r#"<text x="{x}" y="{:.1}" text-anchor="end">{cost}</text>"#, at + 4.0);
            svg.push('\n');
        }
        for magnitude in 0..=self.magnitudes as i32 {
            let (at, y) = (self.x(10_f64.powi(magnitude)), lower + 18.0);
            svg += &format!(r##"<path d="M{at:.1} {upper}V{lower}" stroke="#eeeeee"/>"##);
            svg += &format!(r#"<text x="{at:.1}" y="{y}" text-anchor="middle">10"#);
            svg += &format!(r#"<tspan dy="-5" font-size="9">{magnitude}</tspan></text>"#);
            svg.push('\n');
        }
        let (middle, y) = ((left + right) / 2.0, lower + 40.0);
        svg + &format!(r#"<text x="{middle}" y="{y}" text-anchor="middle">how many there are</text>"#) + "\n"
    }

    fn curve(&self, points: &[(f64, f64)], (colour, dash): (&str, &str)) -> String {
        let places: Vec<(f64, f64)> =
            points.iter().map(|(size, cost)| (self.x(*size), self.y(*cost))).collect();
        let way: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let way = way.join("L");
        let mut svg = format!(r#"<path d="M{way}" fill="none" {}/>"#, stroke(colour, dash)) + "\n";
        for (x, y) in places {
            svg += &format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#);
            svg.push('\n');
        }
        svg
    }

    /// Names each curve beside its end, from the lowest up.
    fn labels(&self, curves: &[Curve<'_>]) -> String {
        let [_, right, _, lower] = FRAME;
        let end = |(name, points): &Curve<'_>| Some((self.y(points.last()?.1), (*name).to_owned()));
        let ends = curves.iter().zip(STROKES).filter_map(|(curve, stroke)| Some((end(curve)?, stroke)));
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by(|(one, _), (other, _)| other.0.total_cmp(&one.0));
        let (mut svg, mut below) = (String::new(), lower + LABEL_HEIGHT);
        for ((end, name), (colour, dash)) in ends {
            below = end.min(below - LABEL_HEIGHT);
            let (x, y) = (right + 38.0, below + 4.0);
            svg += &format!(r#"<path d="M{} {below:.1}h24" {}/>"#, right + 8.0, stroke(colour, dash));
            svg += &format!(r#"<text x="{x}" y="{y:.1}">{name}</text>"#);
            svg.push('\n');
        }
        svg
    }
}

fn stroke(colour: &str, dash: &str) -> String {
    format!(r#"stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}""#)
}
