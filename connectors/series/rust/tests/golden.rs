//! Every case of `../golden/series.txt`, answered by the connector in this process.

use wasql::native::{Instance, Native};
use wasql::pb::{self, FilterOp, Op, Type, value::Kind};
use wasql::{Error, TableName, Value};
use wasql_series::Series;

type Lines<'a> = Vec<(&'a str, &'a str)>;

const CASES: &str = include_str!("../../golden/series.txt");

#[test]
fn the_golden_cases_hold() {
    let mut cases: Vec<(&str, Lines)> = Vec::new();
    for line in CASES.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match line.strip_prefix("== ") {
            Some(title) => cases.push((title, Vec::new())),
            None => {
                let (word, rest) = line.split_once(':').expect("word: rest");
                cases.last_mut().expect("a title first").1.push((word, rest.trim()));
            }
        }
    }
    assert!(cases.len() > 60, "only {} cases were read", cases.len());
    for (title, lines) in &cases {
        Case { title, lines, guest: Instance::start(Native::default(), &[]).unwrap() }.run();
    }
}

struct Case<'a> {
    title: &'a str,
    lines: &'a Lines<'a>,
    guest: Instance<Series>,
}

impl<'a> Case<'a> {
    fn all(&self, word: &str) -> Vec<&'a str> {
        self.lines.iter().filter(|(w, _)| *w == word).map(|(_, rest)| *rest).collect()
    }

    fn one(&self, word: &str) -> Option<&'a str> {
        self.all(word).first().copied()
    }

    fn check<T: PartialEq + std::fmt::Debug>(&self, what: &str, got: T, want: T) {
        assert_eq!(got, want, "case {:?}: {what}", self.title);
    }

    fn run(mut self) {
        let request = self.request();
        let table = TableName::new("series");
        let plan = match (self.guest.plan(&table, request.clone()), self.one("error")) {
            (Ok(plan), None) => plan,
            (Err(e), Some(want)) => return self.check("error", error(&e), want.into()),
            (got, want) => panic!("case {:?}: {got:?}, wanted error {want:?}", self.title),
        };
        self.check_plan(&request, &plan);
        let open = pb::OpenScanRequest {
            table: Some(table.message().clone()),
            plan: plan.plan.clone(),
            columns: request.columns.clone(),
            params: self.params("params"),
            ..Default::default()
        };
        self.check_scans(open);
    }

    fn params(&self, word: &str) -> Vec<pb::Value> {
        self.one(word).map_or(Vec::new(), |p| p.split_whitespace().map(literal).collect())
    }

    fn request(&self) -> pb::PlanRequest {
        let columns = self.one("columns").unwrap_or("0");
        let mut request =
            pb::PlanRequest { columns: columns.split_whitespace().map(|c| c.parse().unwrap()).collect(), ..Default::default() };
        for (i, argument) in self.one("args").unwrap_or("").split_whitespace().enumerate() {
            request.filters.push(conjunct(&format!("{} = {argument}", ["start", "stop", "step"][i]), true));
        }
        for (word, rest) in self.lines {
            match *word {
                "where" => request.filters.push(conjunct(rest, true)),
                "unusable" => request.filters.push(conjunct(rest, false)),
                "order" => request.order = rest.split(", ").map(order_key).collect(),
                "limit" => {
                    let (limit, offset) = rest.split_once("offset").unwrap_or((rest, "0"));
                    request.limit = (!limit.trim().is_empty()).then(|| limit.trim().parse().unwrap());
                    request.offset = offset.trim().parse().unwrap();
                }
                "ask" if *rest == "distinct" => request.distinct = true,
                "ask" if *rest == "aggregation" => request.aggregation = Some(pb::Aggregation::default()),
                "ask" if *rest == "sample" => request.sample = Some(pb::Sample::default()),
                "ask" if *rest == "join" => request.join = Some(pb::Join::default()),
                _ => {}
            }
        }
        request
    }

    fn check_plan(&mut self, request: &pb::PlanRequest, plan: &pb::PlanResponse) {
        if let Some(want) = self.one("uses") {
            let uses = plan.filters.iter().map(|f| {
                let word = f.r#use().as_str_name().trim_start_matches("USE_").to_lowercase();
                format!("{word} {}", f.reason).trim().to_owned()
            });
            self.check("uses", uses.collect::<Vec<_>>().join("; "), want.into());
        }
        let parts = [
            ("order", &plan.order, !request.order.is_empty()),
            ("limit", &plan.limit, request.limit.is_some() || request.offset > 0),
            ("distinct", &plan.distinct, request.distinct),
            ("aggregation", &plan.aggregation, request.aggregation.is_some()),
            ("sample", &plan.sample, request.sample.is_some()),
            ("join", &plan.join, request.join.is_some()),
        ];
        let took = self.one("took").unwrap_or("");
        let refused = self.all("refused");
        for (name, answer, asked) in parts {
            self.check(&format!("answer to {name}"), answer.is_some(), asked);
            let Some(answer) = answer else { continue };
            let listed = !took.is_empty() || !refused.is_empty();
            if listed {
                self.check(&format!("{name} taken"), answer.taken, took.split(' ').any(|t| t == name));
            }
            if listed && !answer.taken {
                let line = format!("{name} {}", answer.reason);
                assert!(refused.contains(&line.as_str()), "case {:?}: refused {line}", self.title);
            }
        }
        if let Some(want) = self.one("estimate") {
            let want: f64 = want.parse().unwrap();
            self.check("rows", plan.rows, Some(want));
            self.check("cost", plan.cost, Some(want));
        }
        self.check("row bytes", plan.row_bytes, Some(8.0 * request.columns.len() as f64));
        if self.one("estimate").is_some() || self.one("unique").is_some() {
            self.check("unique", plan.unique, self.one("unique") == Some("yes"));
        }
        if let Some(want) = self.one("index") {
            self.check("index", format!("{} {}", plan.index_number, plan.index_name), want.into());
        }
        let want = self.all("explain");
        if !want.is_empty() {
            let lines = |pairs: &[pb::Pair]| pairs.iter().map(|p| format!("{} = {}", p.key, p.value)).collect::<Vec<_>>();
            self.check("explain", lines(&plan.explain), want.iter().map(ToString::to_string).collect());
            let table = Some(TableName::new("series").message().clone());
            let request = pb::ExplainRequest { table, plan: plan.plan.clone(), verbose: false };
            let answer: pb::ExplainResponse = self.guest.ask(Op::Explain, &request).unwrap();
            self.check("EXPLAIN", lines(&answer.lines), lines(&plan.explain));
        }
    }

    fn check_scans(&mut self, open: pb::OpenScanRequest) {
        if let Some(wanted) = self.one("wanted") {
            return self.check_pieces(open, wanted.parse().unwrap());
        }
        let opened: Result<pb::OpenScanResponse, Error> = self.guest.ask(Op::OpenScan, &open);
        let scan = match (opened, self.one("open error")) {
            (Ok(opened), None) => opened.scan,
            (Err(e), Some(want)) => return self.check("open error", error(&e), want.into()),
            (got, want) => panic!("case {:?}: {got:?}, wanted error {want:?}", self.title),
        };
        if let Some(want) = self.one("head") {
            let count = want.split(';').count();
            let batch = self.guest.guest.next(scan, count as u32, 0).unwrap().expect("rows");
            let rows = text(&batch.values());
            return self.check("head", rows, want.into());
        }
        for (word, rest) in self.lines.clone() {
            match word {
                "rescan" => {
                    let params = rest.split_whitespace().map(literal).collect();
                    let request = pb::RescanRequest { scan, params, ..Default::default() };
                    let _: pb::RescanResponse = self.guest.ask(Op::Rescan, &request).unwrap();
                }
                "rows" => {
                    let rows = self.guest.drain(scan, 7).unwrap();
                    let got = if open.columns.is_empty() { format!("{} empty", rows.len()) } else { text(&rows) };
                    self.check("rows", got, rest.into());
                }
                _ => {}
            }
        }
    }

    fn check_pieces(&mut self, mut open: pb::OpenScanRequest, wanted: u32) {
        let request = pb::PartitionsRequest { table: open.table.clone(), plan: open.plan.clone(), wanted, ..Default::default() };
        let answer: pb::PartitionsResponse = self.guest.ask(Op::Partitions, &request).unwrap();
        let want = self.all("piece");
        self.check("number of pieces", answer.partitions.len(), want.len());
        for (partition, want) in answer.partitions.into_iter().zip(want) {
            open.partition = partition.token;
            let rows = self.guest.rows(&open, 4096).unwrap();
            self.check("piece", text(&rows), want.into());
        }
    }
}

fn error(e: &Error) -> String {
    let column = if e.status().column.is_empty() { "-" } else { &e.status().column };
    format!("{} {column} {}", e.code().as_str_name().trim_start_matches("CODE_"), e.message())
}

fn text(rows: &[Vec<Value>]) -> String {
    let cell = |v: &Value| v.as_int().map_or_else(|| format!("{v:?}"), |i| i.to_string());
    let row = |r: &Vec<Value>| r.iter().map(cell).collect::<Vec<_>>().join(" ");
    if rows.is_empty() { "none".into() } else { rows.iter().map(row).collect::<Vec<_>>().join("; ") }
}

fn column(name: &str) -> u32 {
    ["value", "start", "stop", "step"].iter().position(|n| *n == name).expect("a column") as u32
}

fn order_key(text: &str) -> pb::OrderKey {
    let (name, descending) = text.strip_suffix(" desc").map_or((text, false), |n| (n, true));
    pb::OrderKey { column: column(name), descending, ..Default::default() }
}

fn conjunct(text: &str, usable: bool) -> pb::Conjunct {
    let filter = if text == "or" {
        let equal = |n: &str| conjunct(&format!("value = {n}"), true).filter.unwrap();
        pb::Filter { op: FilterOp::Or as i32, children: vec![equal("1"), equal("2")], ..Default::default() }
    } else {
        let mut words = text.split_whitespace();
        let column = column(words.next().expect("a column"));
        let op = match words.next().expect("an operator") {
            "=" => FilterOp::Eq,
            "<>" => FilterOp::Ne,
            "<" => FilterOp::Lt,
            "<=" => FilterOp::Le,
            ">" => FilterOp::Gt,
            ">=" => FilterOp::Ge,
            "<=>" => FilterOp::NullSafeEq,
            "in" => FilterOp::In,
            "like" => FilterOp::Like,
            "isnull" => FilterOp::IsNull,
            other => panic!("operator {other}"),
        };
        pb::Filter { op: op as i32, column: Some(column), operands: words.map(operand).collect(), ..Default::default() }
    };
    pb::Conjunct { filter: Some(filter), usable }
}

fn operand(text: &str) -> pb::Operand {
    if let Some(param) = text.strip_prefix('?') {
        let (index, kind) = param.split_once(':').unwrap_or((param, "int64"));
        let kind = Type::from_str_name(&format!("TYPE_{}", kind.to_uppercase())).expect("a type");
        return pb::Operand { kind: Some(pb::operand::Kind::Param(index.parse().unwrap())), r#type: kind as i32 };
    }
    let kind = match text.strip_prefix('@') {
        Some(column) => pb::operand::Kind::Column(column.parse().unwrap()),
        None => pb::operand::Kind::Value(literal(text)),
    };
    pb::Operand { kind: Some(kind), ..Default::default() }
}

fn literal(text: &str) -> pb::Value {
    let kind = match text {
        "null" => Kind::Null(true),
        "true" => Kind::Bool(true),
        "false" => Kind::Bool(false),
        _ if text.starts_with('\'') => Kind::Utf8(text.trim_matches('\'').into()),
        _ if text.starts_with('u') => Kind::Uint64(text[1..].parse().unwrap()),
        _ if text.contains('e') => Kind::Float64(text.parse().unwrap()),
        _ if text.contains('.') => Kind::Decimal(text.into()),
        _ => Kind::Int64(text.parse().unwrap()),
    };
    pb::Value { kind: Some(kind) }
}
