//! Curves over quantities of many magnitudes, as an SVG.

use std::fmt::Write;

const WIDTH: f64 = 830.0;
const HEIGHT: f64 = 430.0;
/// Left, right, top and bottom of the plot.
const FRAME: [f64; 4] = [60.0, 660.0, 50.0, 370.0];
/// Those of Okabe and Ito, which colour-blind readers can tell apart; each with a dash of its own besides.
const STROKES: [(&str, &str); 5] =
    [("#0072b2", ""), ("#d55e00", "7 3"), ("#009e73", "2 3"), ("#cc79a7", "10 3 2 3"), ("#000000", "4 2")];
/// Labels at the ends of curves are at least so far apart.
const LABEL_HEIGHT: f64 = 15.0;

/// Draws each curve relative to its first point: how many times as much it costs. Both axes are logarithmic.
pub(crate) fn plot(curves: &[(&str, Vec<(f64, f64)>)]) -> String {
    let relative: Vec<(&str, Vec<(f64, f64)>)> = curves
        .iter()
        .map(|(name, points)| (*name, points.iter().map(|(x, y)| (*x, y / points[0].1)).collect()))
        .collect();
    let all = || relative.iter().flat_map(|(_, points)| points);
    let magnitudes = all().map(|(x, _)| x.log10()).fold(1.0, f64::max).ceil();
    let doublings = all().map(|(_, y)| y.log2()).fold(1.0, f64::max).ceil();
    let halvings = all().map(|(_, y)| y.log2()).fold(-1.0, f64::min).floor();
    let [left, right, upper, lower] = FRAME;
    let x = |size: f64| left + (right - left) * size.log10() / magnitudes;
    let y = |cost: f64| lower - (lower - upper) * (cost.log2() - halvings) / (doublings - halvings);
    let mut svg = String::new();
    let mut line = |text: String| writeln!(svg, "{text}").expect("a string takes all");
    line(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">
<title>How the cost of a message grows</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="{left}" y="24" font-size="14">Cost of a message, as a multiple of that with the least of it</text>"##
    ));
    for doubling in halvings as i32..=doublings as i32 {
        let cost = f64::from(doubling).exp2();
        let at = y(cost);
        line(format!(
            r##"<path d="M{left} {at:.1}H{right}" stroke="#dddddd"/><text x="{}" y="{:.1}" text-anchor="end">{cost}</text>"##,
            left - 8.0,
            at + 4.0
        ));
    }
    for magnitude in 0..=magnitudes as i32 {
        line(format!(
            r##"<path d="M{0:.1} {upper}V{lower}" stroke="#eeeeee"/><text x="{0:.1}" y="{1}" text-anchor="middle">10<tspan dy="-5" font-size="9">{magnitude}</tspan></text>"##,
            x(10_f64.powi(magnitude)),
            lower + 18.0
        ));
    }
    line(format!(
        r#"<text x="{}" y="{}" text-anchor="middle">how many there are</text>"#,
        (left + right) / 2.0,
        lower + 40.0
    ));
    for (at, (_, points)) in relative.iter().enumerate() {
        let (colour, dash) = STROKES[at % STROKES.len()];
        let way: Vec<String> =
            points.iter().map(|(size, cost)| format!("{:.1} {:.1}", x(*size), y(*cost))).collect();
        line(format!(
            r#"<path d="M{}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>"#,
            way.join("L")
        ));
        for (size, cost) in points {
            line(format!(r#"<circle cx="{:.1}" cy="{:.1}" r="3" fill="{colour}"/>"#, x(*size), y(*cost)));
        }
    }
    let mut ends: Vec<(f64, usize)> = relative
        .iter()
        .enumerate()
        .filter_map(|(at, (_, points))| points.last().map(|(_, cost)| (y(*cost), at)))
        .collect();
    ends.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut below = lower + LABEL_HEIGHT;
    for (end, at) in ends {
        below = end.min(below - LABEL_HEIGHT);
        let (name, (colour, dash)) = (relative[at].0, STROKES[at % STROKES.len()]);
        line(format!(
            r#"<path d="M{} {below:.1}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/><text x="{}" y="{:.1}">{name}</text>"#,
            right + 8.0,
            right + 38.0,
            below + 4.0
        ));
    }
    svg.push_str("</svg>\n");
    svg
}
